{% macro safe_divide(numerator, denominator) %}
    {#- NULL where the denominator is 0: an empty group has no rate. -#}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{% endmacro %}

{% macro money(expression) %}
    {#- Cents, rounded half away from zero. -#}
    cast(round({{ expression }}, 2) as decimal(18,2))
{% endmacro %}

{% macro percentile(expression, share) %}
    {{ return(adapter.dispatch('percentile')(expression, share)) }}
{% endmacro %}

{% macro duckdb__percentile(expression, share) %}
    quantile_cont(cast({{ expression }} as double), {{ share }})
{% endmacro %}
