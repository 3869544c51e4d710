with

events as (

    select
        actor_key,
        occurred_at,
        instant_order,
        device_type,
        gap_ms
    from {{ ref('int_events') }}
    where
        is_active
        and is_identified
        and event_date <= {{ as_of_date() }}

),

numbered as (

    select
        actor_key,
        occurred_at,
        gap_ms,
        case when gap_ms is null then device_type end as first_device_type,
        count(case when gap_ms is null then 1 end) over (
            partition by actor_key
            order by occurred_at, instant_order
            rows between unbounded preceding and current row
        ) as session_number
    from events

),

final as (

    select
        actor_key as customer_key,
        session_number,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        count(*) as events,
        cast(coalesce(sum(gap_ms), 0) as bigint) as duration_ms,
        max(first_device_type) as device_type
    from numbered
    group by actor_key, session_number

)

select * from final
