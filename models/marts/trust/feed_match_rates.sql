with

identities as (

    select * from {{ ref('int_identities') }} where identity_kind = 'user'

),

{%- set feeds = ['transactions', 'survey_responses', 'tickets', 'campaign_touches', 'experiment_exposures', 'consents', 'account_members'] %}

ids as (

    {% for feed in feeds -%}
    select distinct
        '{{ feed }}' as feed,
        user_id
    from {{ staged(feed) }}
    where user_id is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (

    select
        ids.feed,
        count(*) as user_ids,
        count(identities.identity_id) as user_ids_matched,
        {{ safe_divide('count(identities.identity_id)', 'count(*)') }} as match_rate,
        {{ as_of_date() }} as as_of_date
    from ids
    left join identities
        on ids.user_id = identities.identity_id
    group by ids.feed

)

select * from final
