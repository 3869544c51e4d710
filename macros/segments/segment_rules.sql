{#-
    The rule of each exclusive dimension, once: a CASE over the columns of the snapshot models, tested in order.
    The same rule makes today's segments, the history and the breakdown of every KPI.
-#}

{% macro segment_engagement() %}
    case
        when tenure_days < {{ var('engagement_new_days') }} then 'new'
        when last_active_on is null then 'unknown'
        when {{ days_between('last_active_on', 'as_of_date') }} < {{ var('engagement_at_risk_days') }} then 'active'
        when {{ days_between('last_active_on', 'as_of_date') }} < {{ var('engagement_dormant_days') }} then 'at_risk'
        else 'dormant'
    end
{% endmacro %}

{% macro segment_lifecycle() %}
    case
        when has_ever_paid and not is_paying and active_days_28d = 0 then 'churned'
        when first_active_on is null then 'never_active'
        when {{ days_between('first_active_on', 'as_of_date') }} < 28 then 'new'
        when active_days_28d > 0 and active_days_previous_28d > 0 then 'current'
        when active_days_28d > 0 then 'resurrected'
        when active_days_previous_28d > 0 then 'dormant'
        else 'inactive'
    end
{% endmacro %}

{% macro segment_firmographic() %}
    size_band
{% endmacro %}

{% macro customer_dimensions() %}
    {{ return(['engagement', 'lifecycle', 'rfm', 'firmographic']) }}
{% endmacro %}

{% macro account_dimensions() %}
    {{ return(['firmographic']) }}
{% endmacro %}

{% macro segment_set_key(dimensions) %}
    {#- One number for a combination of segments: KPIs aggregate by it once and only then fan out to dimensions. -#}
    {%- set parts = [] -%}
    {%- for dimension in dimensions -%}
        {%- do parts.append("'|" ~ dimension ~ "=' || " ~ dimension) -%}
    {%- endfor -%}
    {{ int64_key(parts | join(' || ')) }}
{% endmacro %}

{% macro segment_definitions() %}
    {#- Raise a version with its rule: the hash, made of the rendered rule, shows who forgot. -#}
    {{ return([
        {'entity': 'customer', 'dimension': 'engagement', 'version': 1, 'hash': local_md5(segment_engagement())},
        {'entity': 'customer', 'dimension': 'lifecycle', 'version': 1, 'hash': local_md5(segment_lifecycle())},
        {'entity': 'customer', 'dimension': 'rfm', 'version': 1, 'hash': local_md5('percent_rank x 5, groups of seed rfm_groups')},
        {'entity': 'account', 'dimension': 'firmographic', 'version': 1, 'hash': local_md5(segment_firmographic())},
    ]) }}
{% endmacro %}
