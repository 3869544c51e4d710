{% macro as_of_date() %}
    {#- The one clock. A var when set (tests, replays), else the day of the newest accepted received_at. -#}
    {%- if var('as_of_date') is not none -%}
        cast('{{ var("as_of_date") }}' as date)
    {%- else -%}
        (select as_of_date from {{ ref('int_clock') }})
    {%- endif -%}
{% endmacro %}
