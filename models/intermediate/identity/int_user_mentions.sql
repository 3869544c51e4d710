{#- Every feed that makes a user known. A membership names no account here: it may have ended. -#}
{%- set mentions = [
    ('events', 'occurred_at', 'anonymous_id', 'account_id'), ('users', 'updated_at', none, none),
    ('account_members', 'valid_from', none, none), ('transactions', 'occurred_at', none, 'account_id'),
    ('survey_responses', 'responded_at', none, 'account_id'), ('tickets', 'created_at', none, 'account_id'),
    ('campaign_touches', 'touched_at', none, none), ('experiment_exposures', 'exposed_at', none, none),
] -%}
with

final as (

    {% for feed, instant, device, account in mentions -%}
    select
        '{{ feed }}' as feed,
        user_id,
        {{ device or 'cast(null as ' ~ dbt.type_string() ~ ')' }} as anonymous_id,
        {{ 'max(account_id)' if account else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as account_id,
        min({{ instant }}) as first_named_at
    from {{ staged(feed) }}
    where
        user_id is not null
        and {{ known_by_as_of_date(instant) }}
    group by user_id{{ ', anonymous_id' if device }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
