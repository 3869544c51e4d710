{% macro text_literal(text) %}
    {#- Whatever the text holds, the engine reads it back as this text. -#}
    {{ return(adapter.dispatch('text_literal')(text)) }}
{% endmacro %}

{% macro duckdb__text_literal(text) %}
    {{- return("'" ~ (text | string).replace("'", "''") ~ "'") -}}
{% endmacro %}

{% macro spark__text_literal(text) %}
    {#- Spark reads backslash escapes inside a literal. -#}
    {{- return("'" ~ (text | string).replace('\\', '\\\\').replace("'", "\\'") ~ "'") -}}
{% endmacro %}

{% macro postgres__text_literal(text) %}
    {{- return("'" ~ (text | string).replace("'", "''") ~ "'") -}}
{% endmacro %}
