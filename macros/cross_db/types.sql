{#- Text is `dbt.type_string()`, which every adapter knows. -#}

{% macro type_double() %}
    {{ return(adapter.dispatch('type_double')()) }}
{% endmacro %}

{% macro default__type_double() %}
    {{ return('double') }}
{% endmacro %}

{% macro postgres__type_double() %}
    {{ return('double precision') }}
{% endmacro %}

{% macro bigquery__type_double() %}
    {{ return('float64') }}
{% endmacro %}

{% macro type_decimal(precision, scale) %}
    {{ return(adapter.dispatch('type_decimal')(precision, scale)) }}
{% endmacro %}

{% macro default__type_decimal(precision, scale) %}
    {{ return('decimal(' ~ precision ~ ', ' ~ scale ~ ')') }}
{% endmacro %}

{% macro bigquery__type_decimal(precision, scale) %}
    {#- NUMERIC holds 29 digits before the point and 9 behind it. -#}
    {{ return(('numeric(' if scale <= 9 and precision - scale <= 29 else 'bignumeric(') ~ precision ~ ', ' ~ scale ~ ')') }}
{% endmacro %}

{% macro type_of(declared) %}
    {#- As contracts and sources declare it, in the words of the engine. -#}
    {%- if declared == 'string' -%}
        {{ return(dbt.type_string()) }}
    {%- elif declared == 'double' -%}
        {{ return(type_double()) }}
    {%- endif -%}
    {{ return(declared) }}
{% endmacro %}
