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
