{#- Every user id that any feed names: traits from `users`, a bare id otherwise. -#}
{%- set mentions = ['transactions', 'account_members', 'survey_responses', 'tickets'] -%}
{%- set mentions_without_account = ['campaign_touches', 'experiment_exposures'] -%}
with

users as (

    select * from {{ staged('users') }}

),

pairs as (

    select * from {{ ref('int_identity_pairs') }}

),

ranked as (

    select
        *,
        row_number() over (partition by user_id order by updated_at desc, _batch_id asc, _row asc) as version_rank,
        min(signed_up_at) over (partition by user_id) as first_signed_up_at,
        min(updated_at) over (partition by user_id) as first_updated_at
    from users

),

latest as (

    select * from ranked where version_rank = 1

),

mentions as (

    select
        user_id,
        max(account_id) as account_id
    from pairs
    group by user_id
    {% for feed in mentions %}
    union
    select
        user_id,
        max(account_id) as account_id
    from {{ staged(feed) }}
    where user_id is not null
    group by user_id
    {% endfor -%}
    {% for feed in mentions_without_account -%}
    union
    select
        user_id,
        cast(null as {{ dbt.type_string() }}) as account_id
    from {{ staged(feed) }}
    {% endfor %}
),

mentioned as (

    select
        user_id,
        max(account_id) as account_id
    from mentions
    group by user_id

),

final as (

    select
        coalesce(latest.user_id, mentioned.user_id) as user_id,
        coalesce(latest.account_id, mentioned.account_id) as account_id,
        lower(trim(latest.email)) as email_normalised,
        latest.first_signed_up_at as signed_up_at,
        latest.first_updated_at,
        latest.updated_at,
        latest.birth_year,
        latest.gender,
        latest.education,
        latest.income_band,
        latest.occupation,
        latest.job_role,
        latest.country_code,
        latest.region,
        latest.city,
        latest.timezone,
        latest.language,
        coalesce(latest.is_internal, false) as is_internal
    from latest
    full outer join mentioned
        on latest.user_id = mentioned.user_id

)

select * from final
