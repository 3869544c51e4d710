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

{% macro double_text(expression) %}
    {#- A double as people see it: a whole one with `.0`. -#}
    {{ return(adapter.dispatch('double_text')(expression)) }}
{% endmacro %}

{% macro default__double_text(expression) -%}
    cast({{ expression }} as {{ dbt.type_string() }})
{%- endmacro %}

{% macro postgres__double_text(expression) -%}
    cast({{ expression }} as {{ dbt.type_string() }}) || case when {{ expression }} = floor({{ expression }}) then '.0' else '' end
{%- endmacro %}

{% macro snowflake__double_text(expression) -%}
    {{ postgres__double_text(expression) }}
{%- endmacro %}
