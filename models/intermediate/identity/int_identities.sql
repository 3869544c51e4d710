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

    -- a shared device keeps its first owner; ties by id
    select
        anonymous_id,
        user_id,
        row_number() over (partition by anonymous_id order by first_named_at, user_id) as owner_rank
    from mentions
    where anonymous_id is not null

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
