{% macro safe_divide(numerator, denominator) %}
    {#- NULL where the denominator is 0: an empty group has no rate. -#}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{% endmacro %}

{% macro money(expression) %}
    {#- Cents, rounded half away from zero. As a decimal first: of a double like 31.805 engines round what is stored (31.80499...)
        or what is shown. -#}
    cast(round(cast({{ expression }} as decimal(38,8)), 2) as decimal(18,2))
{% endmacro %}

{% macro percentile(expression, share) %}
    {{ return(adapter.dispatch('percentile')(expression, share)) }}
{% endmacro %}

{% macro duckdb__percentile(expression, share) %}
    quantile_cont(cast({{ expression }} as double), {{ share }})
{% endmacro %}

{% macro spark__percentile(expression, share) %}
    percentile(cast({{ expression }} as double), {{ share }})
{% endmacro %}
