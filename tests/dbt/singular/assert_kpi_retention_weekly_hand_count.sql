{#- Weekly retention of the total, counted member by member from customer-days. -#}
with

days as (

    select * from {{ ref('int_customer_days') }}

),

dates as (

    select * from {{ ref('int_dates') }}

),

retention as (

    select * from {{ ref('kpi_retention') }}
    where
        cohort_basis = 'first_activity'
        and window_kind = 'calendar'
        and period_grain = 'week'
        and segment_dimension = 'all'
        and is_mature

),

weeks as (

    select distinct
        days.customer_key,
        dates.week_start
    from days
    inner join dates
        on days.activity_date = dates.date_day

),

members as (

    select
        customer_key,
        min(week_start) as cohort_start,
        max(week_start) as last_week
    from weeks
    group by customer_key

),

on_period as (

    select
        members.cohort_start,
        {{ days_between('members.cohort_start', 'weeks.week_start') }} / 7 as period_number,
        count(*) as retained
    from weeks
    inner join members
        on weeks.customer_key = members.customer_key
    group by members.cohort_start, weeks.week_start

),

spans as (

    select
        cohort_start,
        {{ days_between('cohort_start', 'last_week') }} / 7 as last_number,
        count(*) as customers
    from members
    group by cohort_start, last_week

),

open_ended as (

    select
        retention.cohort_start,
        retention.period_number,
        sum(spans.customers) as retained
    from retention
    inner join spans
        on
            retention.cohort_start = spans.cohort_start
            and retention.period_number <= spans.last_number
    where retention.retention_kind = 'unbounded'
    group by retention.cohort_start, retention.period_number

),

counted as (

    select
        'on_period' as retention_kind,
        *
    from on_period
    union all
    select
        'unbounded' as retention_kind,
        *
    from open_ended

),

final as (

    select
        retention.retention_kind,
        retention.cohort_start,
        retention.period_number,
        retention.retained,
        counted.retained as retained_by_hand
    from retention
    left join counted
        on
            retention.retention_kind = counted.retention_kind
            and retention.cohort_start = counted.cohort_start
            and retention.period_number = counted.period_number
    where
        retention.retention_kind in ('on_period', 'unbounded')
        and retention.retained <> coalesce(counted.retained, 0)

)

select * from final
