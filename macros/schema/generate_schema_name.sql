{% macro generate_schema_name(custom_schema_name, node) %}
    {#- Folder = layer = schema, under the same name on every target. -#}
    {{ return(custom_schema_name | trim if custom_schema_name is not none else target.schema) }}
{% endmacro %}
