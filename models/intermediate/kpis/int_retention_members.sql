{#- Members of each cohort, and their number of complete periods. -#}
with

cohorts as (

    select * from {{ ref('int_retention_cohorts') }}

),

rolling_days as (

    select * from {{ ref('int_customer_rolling_days') }} where day_number = 0

),

periods as (

    select * from {{ ref('int_periods') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

last_periods as (

    select
        period_grain,
        max(period_index) as last_index,
        max(case when is_complete then period_index end) as last_complete_index
    from periods
    group by period_grain

),

windows as (

    select
        cohorts.cohort_basis,
        'calendar' as window_kind,
        cohorts.period_grain,
        cohorts.customer_key,
        cohorts.cohort_index,
        cohorts.last_number,
        last_periods.last_complete_index - cohorts.cohort_index + 1 as complete_periods
    from cohorts
    inner join last_periods
        on cohorts.period_grain = last_periods.period_grain
    union all
    select
        'first_activity' as cohort_basis,
        'rolling_24h' as window_kind,
        periods.period_grain,
        rolling_days.customer_key,
        periods.period_index as cohort_index,
        least(rolling_days.last_day_number, last_periods.last_index - periods.period_index) as last_number,
        cast(floor({{ milliseconds_between(
            'rolling_days.first_event_at', local_midnight(add_days('periods.complete_through', 1))
        ) }} / 86400000e0) as integer) as complete_periods
    from rolling_days
    inner join periods
        on
            periods.period_grain = 'day'
            and {{ local_date('rolling_days.first_event_at') }} = periods.period_start
    inner join last_periods
        on periods.period_grain = last_periods.period_grain

),

final as (

    select
        windows.*,
        periods.period_start as cohort_start,
        coalesce(segments.segment_set_key, 0) as segment_set_key
    from windows
    inner join periods
        on
            windows.period_grain = periods.period_grain
            and windows.cohort_index = periods.period_index
    left join segments
        on
            windows.customer_key = segments.customer_key
            and periods.segment_date = segments.as_of_date

)

select * from final
