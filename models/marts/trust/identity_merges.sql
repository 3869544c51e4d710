with

identities as (

    select * from {{ ref('int_identities') }}

),

merge_groups as (

    select * from {{ ref('int_identity_groups') }}

),

devices as (

    select * from {{ ref('int_user_mentions') }} where anonymous_id is not null

),

device_users as (

    select
        devices.anonymous_id,
        identities.customer_id
    from devices
    inner join identities
        on
            devices.user_id = identities.identity_id
            and identities.identity_kind = 'user'

),

shared_devices as (

    -- two user ids of one person are not a shared device
    select
        anonymous_id,
        count(distinct customer_id) as members
    from device_users
    group by anonymous_id
    having count(distinct customer_id) > 1

),

final as (

    select
        'user' as identity_kind,
        merge_groups.user_id as identity_id,
        identities.customer_id,
        'shared_email' as evidence,
        case when merge_groups.is_quarantined then 'kept_apart' else 'merged' end as decision,
        case when merge_groups.is_quarantined then 'group_above_cap' end as reason,
        merge_groups.members
    from merge_groups
    inner join identities
        on
            merge_groups.user_id = identities.identity_id
            and identities.identity_kind = 'user'
    union all
    select
        'anonymous' as identity_kind,
        shared_devices.anonymous_id as identity_id,
        identities.customer_id,
        'shared_device' as evidence,
        'kept_apart' as decision,
        'belongs_to_first_user' as reason,
        shared_devices.members
    from shared_devices
    inner join identities
        on
            shared_devices.anonymous_id = identities.identity_id
            and identities.identity_kind = 'anonymous'

)

select * from final
