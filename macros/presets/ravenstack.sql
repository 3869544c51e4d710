{% macro preset_ravenstack__entities() %}
    {{ return(['accounts', 'events', 'plans', 'subscriptions', 'tickets', 'users']) }}
{% endmacro %}

{% macro preset_ravenstack__tables() %}
    {{ return(['accounts', 'churn_events', 'feature_usage', 'subscriptions', 'support_tickets']) }}
{% endmacro %}
