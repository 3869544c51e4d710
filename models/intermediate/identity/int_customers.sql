{%- set trait_columns = [
    'birth_year', 'gender', 'education', 'income_band', 'occupation', 'job_role', 'country_code', 'region', 'city', 'timezone', 'language',
] -%}
with

mentions as (

    select * from {{ ref('int_user_mentions') }}

),

traits as (

    select * from {{ ref('int_user_traits') }}

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

users as (

    select
        user_id,
        max(account_id) as mentioned_account_id,
        min(first_named_at) as first_named_at
    from mentions
    group by user_id

),

versions as (

    -- the newest traits of a person's user ids count
    select
        identities.customer_id,
        identities.customer_key,
        identities.identity_id as user_id,
        identities.is_internal,
        traits.account_id,
        users.mentioned_account_id,
        {% for trait in trait_columns -%}
        traits.{{ trait }},
        {% endfor -%}
        row_number() over (
            partition by identities.customer_id
            order by case when traits.updated_at is null then 1 else 0 end asc, traits.updated_at desc, users.user_id asc
        ) as version_rank,
        min(traits.signed_up_at) over (partition by identities.customer_id) as customer_signed_up_at,
        min(users.first_named_at) over (partition by identities.customer_id) as customer_first_named_at,
        count(*) over (partition by identities.customer_id) as user_ids
    from identities
    inner join users
        on identities.identity_id = users.user_id
    left join traits
        on identities.identity_id = traits.user_id

),

joined as (

    select
        versions.customer_id,
        versions.customer_key,
        -- a stated membership wins over a mention; without an account, the customer is its own
        coalesce(
            versions.account_id, ranked_members.account_id, versions.mentioned_account_id, versions.customer_id
        ) as account_id,
        versions.user_ids,
        versions.is_internal,
        {% for trait in trait_columns -%}
        versions.{{ trait }},
        {% endfor -%}
        {{ local_date('versions.customer_signed_up_at') }} as signed_up_on,
        versions.customer_signed_up_at as signed_up_at,
        {{ local_date('coalesce(versions.customer_signed_up_at, versions.customer_first_named_at)') }} as known_on
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
