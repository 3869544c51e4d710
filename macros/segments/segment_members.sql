{#- The models of segments: membership is computed once for all of an entity, a model only shows its own. -#}

{% macro segment_members(dimension, entity='customer') %}
    select
        {{ entity }}_id,
        {{ dimension }} as segment_key,
        as_of_date
    from {{ ref('int_' ~ entity ~ '_segments') }}
    where is_current
{% endmacro %}

{% macro segment_set_key(dimensions) %}
    {#- One number for a combination of segments: KPIs aggregate by it once and only then fan out to dimensions. -#}
    {%- set parts = [] -%}
    {%- for dimension in dimensions -%}
        {%- do parts.append("'|" ~ dimension ~ "=' || " ~ dimension) -%}
    {%- endfor -%}
    {{ int64_key(parts | join(' || ') or "''") }}
{% endmacro %}
