{#-
    What late rows changed, told from the data alone: the value of a metric-day as far as it was known on each day
    that rows for it arrived. A full refresh, a replay and a daily build therefore tell the same story.
-#}
with

events as (

    select * from {{ ref('int_events') }}

),

days as (

    select * from {{ ref('int_customer_days') }}

),

transactions as (

    select * from {{ ref('int_transactions_converted') }}

),

arrivals as (

    select
        'events' as metric,
        event_date as metric_date,
        received_date as received_on,
        cast(count(*) as decimal(18, 2)) as change
    from events
    where
        is_active
        and is_identified
    group by event_date, received_date
    union all
    select
        'active_customers' as metric,
        activity_date as metric_date,
        first_received_on as received_on,
        cast(count(*) as decimal(18, 2)) as change
    from days
    group by activity_date, first_received_on
    union all
    select
        'net_revenue' as metric,
        revenue_date as metric_date,
        received_on,
        cast(sum(amount * direction) as decimal(18, 2)) as change
    from transactions
    group by revenue_date, received_on

),

running as (

    select
        metric,
        metric_date,
        received_on,
        change,
        cast(sum(change) over (
            partition by metric, metric_date
            order by received_on
            rows between unbounded preceding and current row
        ) as decimal(18, 2)) as value_after
    from arrivals

),

final as (

    -- a day closes with the day after: what arrives later restates it
    select
        metric,
        metric_date,
        received_on as restated_on,
        cast(value_after - change as decimal(18, 2)) as value_before,
        value_after,
        change as value_change,
        'late_rows' as reason
    from running
    where
        received_on > {{ add_days('metric_date', 1) }}
        and received_on <= {{ as_of_date() }}
        and change <> 0

)

select * from final
