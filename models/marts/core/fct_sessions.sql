{{ config(materialized='view') }}
with

sessions as (

    select * from {{ ref('int_sessions') }}

),

customers as (

    select * from {{ ref('int_customers') }}

),

final as (

    select
        -- the start, not a running number: a late row must not rename later sessions
        customers.customer_id || '-' || cast({{ epoch_milliseconds('sessions.started_at') }} as {{ dbt.type_string() }})
            as session_id,
        customers.customer_id,
        sessions.device_type,
        sessions.events,
        cast(cast(sessions.duration_ms as decimal(18, 0)) / 1000 as decimal(18, 3)) as duration_seconds,
        sessions.started_at,
        sessions.ended_at
    from sessions
    inner join customers
        on sessions.customer_key = customers.customer_key

)

select * from final
