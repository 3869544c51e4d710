{% macro preset_completejourney__entities() %}
    {{ return(['campaign_touches', 'events', 'transactions', 'users']) }}
{% endmacro %}

{% macro preset_completejourney__tables() %}
    {{ return(['campaign_descriptions', 'campaigns', 'coupon_redemptions', 'demographics', 'transactions']) }}
{% endmacro %}
