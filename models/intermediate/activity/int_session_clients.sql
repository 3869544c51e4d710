with

starts as (

    select
        actor_key,
        event_key,
        occurred_at,
        event_date,
        device_type
    from {{ ref('int_events') }}
    where
        is_active
        and is_identified
        and gap_ms is null
        and event_date <= {{ as_of_date() }}

),

records as (

    select * from {{ staged('events') }}

),

final as (

    -- an event that was delivered twice has one client
    select
        starts.actor_key as customer_key,
        starts.event_key,
        coalesce(starts.device_type, 'unknown') as device_type,
        coalesce(max(records.os), 'unknown') as os,
        coalesce(max(records.browser), 'unknown') as browser,
        starts.occurred_at as started_at,
        starts.event_date as started_on
    from starts
    left join records
        on starts.event_key = records.event_key
    group by starts.actor_key, starts.event_key, starts.device_type, starts.occurred_at, starts.event_date

)

select * from final
