{% macro pitfall(name, measured, allowed, dimension='dimension', segment='segment_key') %}
    {#- What each check of segment_pitfalls says of a row. -#}
    select
        '{{ name }}' as pitfall,
        {{ dimension }} as dimension,
        {{ segment }} as segment_key,
        cast({{ measured }} as {{ type_double() }}) as measured,
        cast({{ allowed }} as {{ type_double() }}) as allowed
{%- endmacro %}
