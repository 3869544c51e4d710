{% macro issue(name, measured, allowed, dimension='dimension', segment='segment_key') %}
    {#- What each check of segment_quality_issues says of a row. -#}
    select
        '{{ name }}' as issue,
        {{ dimension }} as dimension,
        {{ segment }} as segment_key,
        cast({{ measured }} as {{ type_double() }}) as measured,
        cast({{ allowed }} as {{ type_double() }}) as allowed
{%- endmacro %}
