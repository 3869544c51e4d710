{% macro text_literal(text) %}
    {#- Whatever the text holds, the engine reads it back as this text. -#}
    {{ return(adapter.dispatch('text_literal')(text)) }}
{% endmacro %}

{% macro default__text_literal(text) %}
    {{- return("'" ~ (text | string).replace("'", "''") ~ "'") -}}
{% endmacro %}

{% macro spark__text_literal(text) %}
    {#- Engines that read backslash escapes inside a literal. -#}
    {{- return("'" ~ (text | string).replace('\\', '\\\\').replace("'", "\\'") ~ "'") -}}
{% endmacro %}

{% macro snowflake__text_literal(text) %}
    {{- return(spark__text_literal(text)) -}}
{% endmacro %}

{% macro bigquery__text_literal(text) %}
    {{- return(spark__text_literal(text)) -}}
{% endmacro %}

{% macro redshift__text_literal(text) %}
    {{- return(spark__text_literal(text)) -}}
{% endmacro %}

{% macro double_text(expression) -%}
    {#- Through a decimal, since engines write doubles each in their own way: 0.00016, 1.6E-4. -#}
    {%- set shown = 'round(cast(' ~ expression ~ ' as ' ~ type_decimal(38, 12) ~ '), 6)' -%}
    regexp_replace(cast(cast({{ shown }} as {{ type_decimal(38, 6) }}) as {{ dbt.type_string() }}), '0+$', '')
    || case when {{ shown }} = floor({{ shown }}) then '0' else '' end
{%- endmacro %}
