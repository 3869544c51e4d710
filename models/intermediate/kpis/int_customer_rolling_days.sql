{#- Days of 24 hours from the exact first event, as far as the daily retention curve goes. -#}
with

events as (

    select
        actor_key,
        occurred_at,
        event_date
    from {{ ref('int_events') }}
    where
        is_active
        and is_identified
        and event_date <= {{ as_of_date() }}

),

spans as (

    select
        actor_key as customer_key,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at
    from events
    group by actor_key

),

numbered as (

    select
        spans.customer_key,
        spans.first_event_at,
        spans.last_event_at,
        cast(
            floor({{ milliseconds_between('spans.first_event_at', 'events.occurred_at') }} / 86400000e0) as integer
        ) as day_number
    from events
    inner join spans
        on events.actor_key = spans.customer_key
    -- days are compared before instants: most events lie beyond the curve
    where
        {{ add_days(local_date('spans.first_event_at'), var('retention_max_periods_day') + 2) }} >= events.event_date

),

final as (

    select distinct
        customer_key,
        first_event_at,
        cast(floor({{ milliseconds_between('first_event_at', 'last_event_at') }} / 86400000e0) as integer) as last_day_number,
        day_number
    from numbered
    where day_number <= {{ var('retention_max_periods_day') }}

)

select * from final
