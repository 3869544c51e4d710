{%- set feeds = [
    'events', 'users', 'subscriptions', 'plans', 'transactions', 'accounts', 'account_members', 'survey_responses', 'tickets',
    'campaign_touches', 'experiment_exposures', 'marketing_spend', 'web_vitals', 'consents', 'erasure_requests', 'fx_rates',
] -%}
with

{% for feed in feeds -%}
{{ feed }} as (

    select count(*) > 0 as has_rows from {{ staged(feed) }}

),

{% endfor -%}
final as (

    select
        {% for feed in feeds[1:] -%}
        {{ feed }}.has_rows as has_{{ feed }},
        {% endfor -%}
        events.has_rows as has_events
    from events
    {% for feed in feeds[1:] -%}
    cross join {{ feed }}
    {% endfor %}
)

select * from final
