{% macro local_midnight(day) %}
    {{ return(adapter.dispatch('local_midnight')(day)) }}
{% endmacro %}

{% macro duckdb__local_midnight(day) %}
    {#- The instant (UTC without a zone) at which the local day begins: the inverse of local_date. -#}
    {%- if var('reporting_timezone') == 'UTC' -%}
        cast({{ day }} as timestamp)
    {%- else -%}
        timezone('UTC', timezone('{{ var("reporting_timezone") }}', cast({{ day }} as timestamp)))
    {%- endif -%}
{% endmacro %}

{% macro spark__local_midnight(day) %}
    {%- if var('reporting_timezone') == 'UTC' -%}
        cast({{ day }} as timestamp)
    {%- else -%}
        to_utc_timestamp(cast({{ day }} as timestamp), '{{ var("reporting_timezone") }}')
    {%- endif -%}
{% endmacro %}
