with

users as (

    select * from {{ ref('int_user_versions') }}

),

identities as (

    select * from {{ ref('int_identities') }} where identity_kind = 'user'

),

members as (

    select * from {{ staged('account_members') }}

),

ranked_members as (

    select
        user_id,
        account_id,
        row_number() over (partition by user_id order by valid_from desc, account_id asc) as membership_rank
    from members
    where
        {{ local_date('valid_from') }} <= {{ as_of_date() }}
        and (valid_to is null or {{ local_date('valid_to') }} > {{ as_of_date() }})

),

versions as (

    -- of a person with several user ids the newest traits count
    select
        identities.customer_id,
        identities.customer_key,
        identities.is_internal as is_internal_customer,
        users.*,
        row_number() over (
            partition by identities.customer_id
            order by case when users.updated_at is null then 1 else 0 end asc, users.updated_at desc, users.user_id asc
        ) as version_rank,
        min(users.signed_up_at) over (partition by identities.customer_id) as customer_signed_up_at,
        min(users.first_named_at) over (partition by identities.customer_id) as customer_first_named_at,
        count(*) over (partition by identities.customer_id) as user_ids
    from identities
    inner join users
        on identities.identity_id = users.user_id

),

joined as (

    select
        versions.customer_id,
        versions.customer_key,
        -- what is stated goes before what is only mentioned; without accounts each customer is its own account
        coalesce(
            versions.account_id, ranked_members.account_id, versions.mentioned_account_id, versions.customer_id
        ) as account_id,
        versions.user_ids,
        versions.is_internal_customer as is_internal,
        {{ local_date('versions.customer_signed_up_at') }} as signed_up_on,
        versions.customer_signed_up_at as signed_up_at,
        {{ local_date('coalesce(versions.customer_signed_up_at, versions.customer_first_named_at)') }} as known_on,
        versions.birth_year,
        versions.gender,
        versions.education,
        versions.income_band,
        versions.occupation,
        versions.job_role,
        versions.country_code,
        versions.region,
        versions.city,
        versions.timezone,
        versions.language
    from versions
    left join ranked_members
        on
            versions.user_id = ranked_members.user_id
            and ranked_members.membership_rank = 1
    where versions.version_rank = 1

),

final as (

    select
        *,
        -- an account of internal people only is no customer
        min(case when is_internal then 1 else 0 end) over (partition by account_id) = 1 as is_account_internal
    from joined

)

select * from final
