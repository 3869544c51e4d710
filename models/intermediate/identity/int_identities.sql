{#- The map every fact goes through: user id or anonymous id -> customer. -#}
with

mentions as (

    select * from {{ ref('int_user_mentions') }}

),

traits as (

    select * from {{ ref('int_user_traits') }}

),

merged as (

    select * from {{ ref('int_identity_groups') }} where not is_quarantined

),

users as (

    select distinct user_id from mentions

),

events as (

    select
        event_id,
        user_id,
        anonymous_id,
        occurred_at
    from {{ staged('events') }}
    where user_id is not null

),

contested_instants as (

    -- several people on one device at one instant: almost never, and only then the events are asked again
    select
        anonymous_id,
        first_named_at
    from mentions
    where anonymous_id is not null
    group by anonymous_id, first_named_at
    having count(*) > 1

),

contested_events as (

    select
        events.anonymous_id,
        events.user_id,
        min(events.event_id) as event_id
    from events
    inner join contested_instants
        on
            events.anonymous_id = contested_instants.anonymous_id
            and events.occurred_at = contested_instants.first_named_at
    group by events.anonymous_id, events.user_id

),

people as (

    select
        users.user_id,
        coalesce(merged.group_id, users.user_id) as customer_id,
        coalesce(traits.is_internal, false) as is_internal
    from users
    left join traits
        on users.user_id = traits.user_id
    left join merged
        on users.user_id = merged.user_id

),

internal as (

    select
        customer_id,
        max(case when is_internal then 1 else 0 end) = 1 as is_internal
    from people
    group by customer_id

),

ranked_devices as (

    -- a shared device keeps its first owner; of one instant the event with the smallest id is the first
    select
        mentions.anonymous_id,
        mentions.user_id,
        row_number() over (
            partition by mentions.anonymous_id order by mentions.first_named_at, contested_events.event_id, mentions.user_id
        ) as owner_rank
    from mentions
    left join contested_events
        on
            mentions.anonymous_id = contested_events.anonymous_id
            and mentions.user_id = contested_events.user_id
    where mentions.anonymous_id is not null

),

identities as (

    select
        'user' as identity_kind,
        user_id as identity_id,
        user_id
    from people
    union all
    select
        'anonymous' as identity_kind,
        anonymous_id as identity_id,
        user_id
    from ranked_devices
    where owner_rank = 1

),

final as (

    select
        {{ identity_key('identities.identity_kind', 'identities.identity_id') }} as identity_key,
        identities.identity_kind,
        identities.identity_id,
        {{ identity_key("'user'", 'people.customer_id') }} as customer_key,
        people.customer_id,
        internal.is_internal
    from identities
    inner join people
        on identities.user_id = people.user_id
    inner join internal
        on people.customer_id = internal.customer_id

)

select * from final
