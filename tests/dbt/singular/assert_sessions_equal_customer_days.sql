with

sessions as (

    select * from {{ ref('fct_sessions') }}

),

days as (

    select * from {{ ref('fct_customer_days') }}

),

events as (

    select * from {{ ref('int_events') }}
    where
        is_active
        and is_identified
        and event_date <= {{ as_of_date() }}

),

customers as (

    select * from {{ ref('int_customers') }}

),

counts as (

    select
        customer_id,
        events as session_events,
        0 as day_events,
        0 as core_events
    from sessions
    union all
    select
        customer_id,
        0 as session_events,
        events as day_events,
        0 as core_events
    from days
    union all
    select
        customers.customer_id,
        0 as session_events,
        0 as day_events,
        count(*) as core_events
    from events
    left join customers
        on events.actor_key = customers.customer_key
    group by customers.customer_id

),

final as (

    select
        customer_id,
        sum(session_events) as session_events,
        sum(day_events) as day_events,
        sum(core_events) as core_events
    from counts
    group by customer_id
    having
        sum(session_events) <> sum(core_events)
        or sum(day_events) <> sum(core_events)

)

select * from final
