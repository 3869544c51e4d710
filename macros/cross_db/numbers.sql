{% macro safe_divide(numerator, denominator) %}
    {#- NULL where the denominator is 0: an empty group has no rate. -#}
    cast({{ numerator }} as {{ type_double() }}) / nullif(cast({{ denominator }} as {{ type_double() }}), 0)
{% endmacro %}

{% macro rounded(expression, digits) %}
    {#- Half away from zero. As a decimal first: of a double like 31.805 engines round what is stored (31.80499...) or what is shown. -#}
    cast(round(cast({{ expression }} as {{ type_decimal(38, digits + 6) }}), {{ digits }}) as decimal(18,{{ digits }}))
{% endmacro %}

{% macro money(expression) %}
    {{ rounded(expression, 2) }}
{% endmacro %}

{% macro percentile(expression, share) %}
    {{ return(adapter.dispatch('percentile')(expression, share)) }}
{% endmacro %}

{% macro duckdb__percentile(expression, share) %}
    quantile_cont(cast({{ expression }} as {{ type_double() }}), {{ share }})
{% endmacro %}

{% macro default__percentile(expression, share) %}
    percentile_cont({{ share }}) within group (order by cast({{ expression }} as {{ type_double() }}))
{% endmacro %}

{% macro spark__percentile(expression, share) %}
    percentile(cast({{ expression }} as {{ type_double() }}), {{ share }})
{% endmacro %}

{% macro bigquery__percentile(expression, share) %}
    {#- percentile_cont is a window function only: between the two values in order that the share falls between. -#}
    {%- set place = share ~ ' * (count(' ~ expression ~ ') - 1)' -%}
    {%- set ordered -%}
        array_agg(cast({{ expression }} as float64) ignore nulls order by cast({{ expression }} as float64))
    {%- endset -%}
    {{ ordered }}[safe_offset(cast(floor({{ place }}) as int64))]
    + ({{ place }} - floor({{ place }})) * (
        {{ ordered }}[safe_offset(cast(ceil({{ place }}) as int64))] - {{ ordered }}[safe_offset(cast(floor({{ place }}) as int64))]
    )
{% endmacro %}

{% macro percentile_of_sorted(expression, share, place='place', places='places') -%}
    {#-
        The same from rows that know their place: over many rows in many groups a sort spills where the aggregate, which holds all
        values of all groups at once, does not. The weight is 1 at the wanted place and falls to 0 at its neighbours.
    -#}
    sum(
        cast({{ expression }} as {{ type_double() }})
        * greatest(0e0, 1e0 - abs({{ place }} - 1e0 - {{ share }} * ({{ places }} - 1e0)))
    )
{%- endmacro %}
