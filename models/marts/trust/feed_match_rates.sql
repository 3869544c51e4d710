{#- A feed is a silo when the people it names are those of no profile and no event. That a feed names somebody makes a customer
    of them (int_user_versions), so customers are no measure. Without profiles and events there is nothing to match with. -#}
{%- set feeds = {
    'transactions': 'occurred_at', 'survey_responses': 'responded_at', 'tickets': 'created_at', 'campaign_touches': 'touched_at',
    'experiment_exposures': 'exposed_at', 'consents': 'decided_at', 'account_members': 'valid_from',
} -%}
with

users as (

    select * from {{ staged('users') }}

),

pairs as (

    select * from {{ ref('int_identity_pairs') }}

),

profiled_or_seen as (

    select user_id as known_id
    from users
    where {{ known_by_as_of_date('updated_at') }}
    union all
    select user_id as known_id
    from pairs

),

known_ids as (

    select distinct known_id from profiled_or_seen

),

named_ids as (

    {% for feed, instant in feeds.items() -%}
    select distinct
        '{{ feed }}' as feed,
        user_id
    from {{ staged(feed) }}
    where
        user_id is not null
        and {{ known_by_as_of_date(instant) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

matched as (

    select
        named_ids.feed,
        named_ids.user_id,
        known_ids.known_id
    from named_ids
    left join known_ids
        on named_ids.user_id = known_ids.known_id

),

counted as (

    select
        matched.feed,
        count(*) as user_ids,
        count(matched.known_id) as user_ids_matched
    from matched
    group by matched.feed

),

known as (

    select count(*) > 0 as is_anybody_known from known_ids

),

final as (

    select
        counted.feed,
        counted.user_ids,
        counted.user_ids_matched,
        case
            when known.is_anybody_known then {{ safe_divide('counted.user_ids_matched', 'counted.user_ids') }}
        end as match_rate,
        {{ as_of_date() }} as as_of_date
    from counted
    cross join known

)

select * from final
