{% macro complete_through() %}
    {#- The last day that is known whole. An as-of date that is set means the end of that day; a day that was still running when
        the newest row was received is not over. -#}
    {%- if var('as_of_date') is not none -%}
        cast('{{ var("as_of_date") }}' as date)
    {%- else -%}
        (select complete_through from {{ ref('int_clock') }})
    {%- endif -%}
{% endmacro %}
