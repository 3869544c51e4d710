with

phases as (

    select * from {{ ref('int_subscription_phases') }} where is_paid

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

segment_grid as (

    select * from {{ ref('int_segment_grid') }}
    where
        entity_type = 'account'
        and period_grain in ('week', 'month')

),

segments as (

    select * from {{ ref('int_account_segments') }}

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'account'

),

{% set amounts = ['closing_mrr', 'closing_mrr_thirty_days'] -%}
totals as (

    -- a stock: counted from the phases, not rolled forward
    select
        periods.period_grain,
        periods.period_start,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        count(*) as live_phases,
        sum(phases.mrr) as closing_mrr,
        sum(phases.mrr_thirty_days) as closing_mrr_thirty_days
    from phases
    inner join periods
        on
            phases.started_on <= periods.last_day
            and (phases.ended_on is null or phases.ended_on > periods.last_day)
    left join segments
        on
            phases.account_id = segments.account_id
            and periods.segment_date = segments.as_of_date
    group by periods.period_grain, periods.period_start, coalesce(segments.segment_set_key, 0)

),

fanned_out as (

    {{ by_segment('totals', 'segment_sets', ['period_grain', 'period_start'], amounts + ['live_phases']) }}

),

counted as (

    {{ on_segment_grid('segment_grid', 'fanned_out', {'decimal(18, 2)': amounts, 'bigint': ['live_phases']}) }}

),

final as (

    select
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        is_complete,
        live_phases,
        closing_mrr,
        closing_mrr_thirty_days,
        as_of_date
    from counted

)

select * from final
