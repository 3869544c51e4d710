{#- Every user id that any feed names: traits from `users` as of the as-of date, a bare id otherwise. -#}
{%- set mentions = [
    ('users', 'updated_at', false), ('account_members', 'valid_from', false), ('transactions', 'occurred_at', true),
    ('survey_responses', 'responded_at', true), ('tickets', 'created_at', true),
    ('campaign_touches', 'touched_at', false), ('experiment_exposures', 'exposed_at', false),
] -%}
with

users as (

    select * from {{ staged('users') }} where {{ known_by_as_of_date('updated_at') }}

),

pairs as (

    select * from {{ ref('int_identity_pairs') }}

),

mentions as (

    select
        user_id,
        max(account_id) as account_id,
        min(first_occurred_at) as first_named_at
    from pairs
    group by user_id
    {% for feed, instant, has_account in mentions -%}
    union all
    select
        user_id,
        {{ 'max(account_id)' if has_account else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as account_id,
        min({{ instant }}) as first_named_at
    from {{ staged(feed) }}
    where
        user_id is not null
        and {{ known_by_as_of_date(instant) }}
    group by user_id
    {% endfor %}
),

named as (

    select
        user_id,
        max(account_id) as mentioned_account_id,
        min(first_named_at) as first_named_at
    from mentions
    group by user_id

),

ranked as (

    select
        *,
        row_number() over (partition by user_id order by updated_at desc, _batch_id asc, _row asc) as version_rank,
        min(signed_up_at) over (partition by user_id) as first_signed_up_at
    from users

),

latest as (

    select * from ranked where version_rank = 1

),

final as (

    select
        named.user_id,
        latest.account_id,
        named.mentioned_account_id,
        latest.first_signed_up_at as signed_up_at,
        named.first_named_at,
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
    from named
    left join latest
        on named.user_id = latest.user_id

)

select * from final
