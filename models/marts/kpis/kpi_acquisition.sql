{#- Spend is known in total and by channel; other segments have no spend of their own. -#}
with

acquisitions as (select * from {{ ref('int_acquisition_periods') }}),

spent as (select * from {{ ref('int_spend_periods') }}),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

account_sets as (select * from {{ ref('int_segment_sets') }} where entity_type = 'account'),

by_account_segment as (

    {{ by_segment(
        'acquisitions', 'account_sets', ['period_grain', 'period_start', 'cash_month'], ['signups', 'new_customers', 'margin']) }}

),

by_month as (

    select * from by_account_segment
    union all
    select
        period_grain,
        period_start,
        cash_month,
        'acquisition_channel' as segment_dimension,
        channel as segment_key,
        sum(signups) as signups,
        sum(new_customers) as new_customers,
        sum(margin) as margin
    from acquisitions
    group by period_grain, period_start, cash_month, channel

),

{% set keys = 'period_grain, period_start, segment_dimension, segment_key' -%}
accumulated as (

    select
        *,
        sum(signups) over (partition by {{ keys }}) as signups_total,
        sum(new_customers) over (partition by {{ keys }}) as new_customers_total,
        sum(margin) over (partition by {{ keys }}) as margin_total,
        sum(margin) over (
            partition by {{ keys }} order by cash_month rows between unbounded preceding and current row
        ) as margin_to_date
    from by_month

),

named_segments as (

    {% for relation in ['account_sets', 'by_month', 'spent'] -%}
    select
        segment_dimension,
        segment_key
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

segments as (

    select distinct
        segment_dimension,
        segment_key
    from named_segments

),

channel_grid as (

    -- channels are segments only in this model, so it builds its own grid
    select
        periods.*,
        segments.segment_dimension,
        segments.segment_key
    from periods
    cross join segments

),

cohorts as (

    -- later margins pay back the spend of their cohort
    select
        accumulated.period_grain,
        accumulated.period_start,
        accumulated.segment_dimension,
        accumulated.segment_key,
        max(accumulated.signups_total) as signups,
        max(accumulated.new_customers_total) as new_customers,
        max(accumulated.margin_total) as ltv_total,
        min(case
            when accumulated.margin_to_date >= spent.spend and spent.spend > 0
                then {{ calendar_months_between('accumulated.period_start', 'accumulated.cash_month') }} + 1
        end) as payback_months
    from accumulated
    left join spent
        on {{ same_segment_period('accumulated', 'spent') }}
    group by accumulated.{{ keys | replace(', ', ', accumulated.') }}

),

counted as (

    {{ on_segment_grid('channel_grid', 'cohorts', {'bigint': ['signups', 'new_customers'], 'decimal(18, 2)': ['ltv_total']}) }}

),

final as (

    select
        counted.period_grain,
        counted.period_start,
        counted.segment_dimension,
        counted.segment_key,
        counted.is_complete,
        cast(case
            when counted.segment_dimension in ('all', 'acquisition_channel') then coalesce(spent.spend, 0)
        end as decimal(18, 2)) as spend,
        cast(coalesce(spent.unconverted_lines, 0) as bigint) as unconverted_lines,
        counted.signups,
        {{ money(safe_divide('spent.spend', 'counted.signups')) }} as spend_per_signup,
        counted.new_customers,
        {{ money(safe_divide('spent.spend', 'counted.new_customers')) }} as cac,
        counted.ltv_total,
        {{ money(safe_divide('counted.ltv_total', 'counted.new_customers')) }} as ltv_per_customer,
        {{ safe_divide('counted.ltv_total', 'spent.spend') }} as ltv_to_cac,
        cast(cohorts.payback_months as bigint) as payback_months,
        {{ is_small_n('counted.new_customers') }} as is_small_n,
        counted.as_of_date
    from counted
    left join spent
        on {{ same_segment_period('counted', 'spent') }}
    left join cohorts
        on {{ same_segment_period('counted', 'cohorts') }}

)

select * from final
