{% macro feature_feeds() %}
    {#- Which feeds tell of a feature; of `one or other` one is enough. A feature that is not listed needs no feed but the one that
        names its entity, or is NULL by itself where nothing was said. -#}
    {%- set feeds = {
        'events': [
            'days_since_active', 'first_active_on', 'last_active_on', 'active_days_7d', 'active_days_28d', 'active_days_previous_28d',
            'active_days_90d', 'events_28d', 'sessions_7d', 'sessions_28d', 'sessions_90d', 'sessions_per_week_28d', 'active_ms_28d',
            'active_minutes_28d', 'features_mask_28d', 'features_used_28d', 'features_used_90d', 'main_feature_28d',
            'main_feature_share_28d', 'has_used_watched_feature', 'limit_hits_28d', 'main_device_28d', 'main_os_28d', 'main_browser_28d',
            'active_members_28d', 'active_member_share_28d',
        ],
        'transactions': ['orders', 'net_spend', 'days_since_order', 'first_ordered_on', 'last_ordered_on'],
        'subscriptions': [
            'mrr', 'seats', 'subscriptions', 'has_trial', 'is_paying', 'has_ever_paid', 'plan_id', 'plan_tier', 'is_free_plan',
            'trial_started_on',
        ],
        'transactions or subscriptions': ['customer_value'],
        'survey_responses': [
            'last_nps_score', 'last_csat_score', 'openness_score', 'price_sensitivity_score', 'autonomy_score',
        ],
        'tickets': ['open_tickets', 'tickets_90d'],
        'tickets or survey_responses': ['main_need'],
    } -%}
    {%- set needs = {} -%}
    {%- for feed, features in feeds.items() -%}
        {%- for feature in features -%}
            {%- do needs.update({feature: feed}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(needs) }}
{% endmacro %}

{% macro when_told(feature, expression) %}
    {#- Zero and false are evidence only where a feed could say otherwise. Reads the row of int_feeds, joined as `feeds`. -#}
    {%- set conditions = [] -%}
    {%- for feed in feature_feeds()[feature].split(' or ') -%}
        {%- do conditions.append('feeds.has_' ~ feed) -%}
    {%- endfor -%}
    case when {{ conditions | join(' or ') }} then {{ expression }} end
{%- endmacro %}
