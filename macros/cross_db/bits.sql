{% macro mask_union(mask) %}
    {#- An aggregate: every bit that any row has. -#}
    {{ return(adapter.dispatch('mask_union')(mask)) }}
{% endmacro %}

{% macro default__mask_union(mask) %}
    bit_or({{ mask }})
{% endmacro %}

{% macro snowflake__mask_union(mask) %}
    bitor_agg({{ mask }})
{% endmacro %}

{% macro masks_meet(mask, other_mask) %}
    {{ return(adapter.dispatch('masks_meet')(mask, other_mask)) }}
{% endmacro %}

{% macro default__masks_meet(mask, other_mask) %}
    ({{ mask }} & {{ other_mask }}) <> 0
{% endmacro %}

{% macro snowflake__masks_meet(mask, other_mask) %}
    bitand({{ mask }}, {{ other_mask }}) <> 0
{% endmacro %}

{% macro bits_set(mask) %}
    cast({{ adapter.dispatch('bit_count')(mask) }} as integer)
{% endmacro %}

{% macro default__bit_count(mask) -%}
    bit_count({{ mask }})
{%- endmacro %}

{% macro postgres__bit_count(mask) -%}
    bit_count(cast({{ mask }} as bit(64)))
{%- endmacro %}

{% macro snowflake__bit_count(mask) -%}
    {% for bit in range(63) %}getbit({{ mask }}, {{ bit }}){{ ' + ' if not loop.last }}{% endfor %}
{%- endmacro %}

{% macro redshift__bit_count(mask) -%}
    {% for bit in range(63) %}(({{ mask }} >> {{ bit }}) & 1){{ ' + ' if not loop.last }}{% endfor %}
{%- endmacro %}
