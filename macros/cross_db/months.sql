{% macro calendar_months_between(first, last) %}
    {#- Whole calendar months from the month of one day to that of another. -#}
    cast(
        12 * (extract(year from {{ last }}) - extract(year from {{ first }}))
        + extract(month from {{ last }}) - extract(month from {{ first }}) as integer
    )
{% endmacro %}
