with

account_periods as (

    select * from {{ ref('int_account_periods') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'account'

),

flagged as (

    select
        period_grain,
        period_start,
        segment_set_key,
        opening_mrr > 0 as is_live_at_start,
        closing_mrr = 0 as is_lost,
        is_new,
        opening_mrr = 0 and not is_new as is_reactivated,
        is_involuntary
    from account_periods

),

{% set counts = [
    'live_at_start', 'lost_of_opening', 'new_in_period', 'reactivated_in_period', 'lost_total', 'involuntary', 'live_at_end',
] -%}
totals as (

    -- an account that came and went within the period is among the lost, though not among those of the opening
    select
        period_grain,
        period_start,
        segment_set_key,
        sum(case when is_live_at_start then 1 else 0 end) as live_at_start,
        sum(case when is_live_at_start and is_lost then 1 else 0 end) as lost_of_opening,
        sum(case when is_new then 1 else 0 end) as new_in_period,
        sum(case when is_reactivated then 1 else 0 end) as reactivated_in_period,
        sum(case when is_lost then 1 else 0 end) as lost_total,
        sum(case when is_lost and is_involuntary then 1 else 0 end) as involuntary,
        sum(case when is_lost then 0 else 1 end) as live_at_end
    from flagged
    group by period_grain, period_start, segment_set_key

),

fanned_out as (

    {{ by_segment('totals', ['period_grain', 'period_start'], counts) }}

),

counted as (

    {{ on_segment_grid('periods', 'fanned_out', {'bigint': counts}) }}

),

final as (

    select
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        is_complete,
        live_at_start,
        lost_of_opening,
        new_in_period,
        reactivated_in_period,
        lost_total,
        live_at_start + new_in_period + reactivated_in_period as exposed,
        live_at_end,
        {{ rate_with_interval('churn_rate_opening', 'lost_of_opening', 'live_at_start') }},
        {{ rate_with_interval(
            'churn_rate_exposed', 'lost_total', '(live_at_start + new_in_period + reactivated_in_period)', flag=none
        ) }},
        {{ safe_divide('2 * lost_total', 'live_at_start + live_at_end') }} as churn_rate_average,
        lost_total - involuntary as voluntary,
        involuntary,
        as_of_date
    from counted

)

select * from final
