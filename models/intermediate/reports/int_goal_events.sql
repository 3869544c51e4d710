{#- Goal events of experiments and campaigns, and session starts (event_name NULL). -#}
with

goals as (

    select * from {{ ref('conversion_goals') }} where event_name is not null

),

events as (

    select * from {{ ref('int_events') }} where event_date <= {{ as_of_date() }}

),

sessions as (

    select * from {{ ref('int_sessions') }}

),

final as (

    -- union, not union all: simultaneous events count once
    select
        actor_key as customer_key,
        event_name,
        occurred_at
    from events
    where event_name in (select goals.event_name from goals)
    union distinct
    select
        customer_key,
        cast(null as {{ dbt.type_string() }}) as event_name,
        started_at as occurred_at
    from sessions

)

select * from final
