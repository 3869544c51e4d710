{% macro is_same(value, other_value) %}
    {#- Equal, or both NULL. -#}
    {{ return(adapter.dispatch('is_same')(value, other_value)) }}
{% endmacro %}

{% macro default__is_same(value, other_value) -%}
    {{ value }} is not distinct from {{ other_value }}
{%- endmacro %}

{% macro redshift__is_same(value, other_value) -%}
    coalesce({{ value }} = {{ other_value }}, {{ value }} is null and {{ other_value }} is null)
{%- endmacro %}
