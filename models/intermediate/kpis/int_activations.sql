{#- When customers and accounts reached the milestones of the seed after they signed up. -#}
with

customers as (

    select * from {{ ref('int_customers') }}
    where
        not is_internal
        and signed_up_at is not null
        and signed_up_on <= {{ as_of_date() }}

),

milestones as (

    select * from {{ ref('activation_milestones') }}

),

events as (

    select
        actor_key,
        instant_order,
        event_name,
        occurred_at
    from {{ ref('int_events') }}
    where
        is_active
        and is_identified
        and event_date <= {{ as_of_date() }}
        and event_name in (select milestones.event_name from milestones)

),

members as (

    -- an account signs up with the first of its customers
    select
        'customer' as entity_type,
        customer_key as entity_key,
        customer_key,
        signed_up_at
    from customers
    union all
    select
        'account' as entity_type,
        {{ int64_key('account_id') }} as entity_key,
        customer_key,
        min(signed_up_at) over (partition by account_id) as signed_up_at
    from customers

),

entities as (

    select
        entity_type,
        entity_key,
        min(signed_up_at) as signed_up_at
    from members
    group by entity_type, entity_key

),

numbered as (

    select
        members.entity_type,
        members.entity_key,
        milestones.minimum_count,
        milestones.is_value_event,
        events.occurred_at,
        row_number() over (
            partition by members.entity_type, members.entity_key, events.event_name
            order by events.occurred_at, events.instant_order
        ) as use_number
    from events
    inner join members
        on
            events.actor_key = members.customer_key
            and events.occurred_at >= members.signed_up_at
    inner join milestones
        on
            members.entity_type = milestones.entity_type
            and events.event_name = milestones.event_name

),

reached as (

    select
        entity_type,
        entity_key,
        count(case when use_number = minimum_count then 1 end) as milestones_reached,
        max(case when use_number = minimum_count then occurred_at end) as last_reached_at,
        min(case when is_value_event then occurred_at end) as first_value_at
    from numbered
    where use_number <= minimum_count
    group by entity_type, entity_key

),

required as (

    select
        entity_type,
        count(*) as milestones
    from milestones
    group by entity_type

),

final as (

    select
        entities.entity_type,
        entities.entity_key,
        entities.signed_up_at,
        {{ local_date('entities.signed_up_at') }} as signed_up_on,
        case when reached.milestones_reached = required.milestones then reached.last_reached_at end as activated_at,
        reached.first_value_at
    from entities
    inner join required
        on entities.entity_type = required.entity_type
    left join reached
        on
            entities.entity_type = reached.entity_type
            and entities.entity_key = reached.entity_key

)

select * from final
