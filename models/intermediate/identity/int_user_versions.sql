{#- Every user id that any feed names: traits from `users` as of the as-of date, a bare id otherwise. -#}
{%- set mentions = [
    ('users', 'updated_at', false), ('account_members', 'valid_from', false), ('transactions', 'occurred_at', true),
    ('survey_responses', 'responded_at', true), ('tickets', 'created_at', true),
    ('campaign_touches', 'touched_at', false), ('experiment_exposures', 'exposed_at', false),
] -%}
with

users as (

    select * from {{ staged('users') }}

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
    where user_id is not null
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

newest as (

    -- who somebody is, like identity, reaches back; traits do not
    select * from ranked where version_rank = 1

),

known as (

    select * from users where {{ local_date('updated_at') }} <= {{ as_of_date() }}

),

traits as (

    {{ deduplicated('known', key=['user_id'], order=['updated_at desc']) }}

),

final as (

    select
        named.user_id,
        traits.account_id,
        named.mentioned_account_id,
        newest.first_signed_up_at as signed_up_at,
        named.first_named_at,
        traits.updated_at,
        traits.birth_year,
        traits.gender,
        traits.education,
        traits.income_band,
        traits.occupation,
        traits.job_role,
        traits.country_code,
        traits.region,
        traits.city,
        traits.timezone,
        traits.language,
        coalesce(newest.is_internal, false) as is_internal
    from named
    left join newest
        on named.user_id = newest.user_id
    left join traits
        on named.user_id = traits.user_id

)

select * from final
