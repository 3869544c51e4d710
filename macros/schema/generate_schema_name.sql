{% macro generate_schema_name(custom_schema_name, node) %}
    {#- Folder = layer = schema, under the same name on every target. A server that several homes share (a Spark metastore) keeps
        them apart by a prefix. -#}
    {{ return(schema_prefix() ~ custom_schema_name | trim if custom_schema_name is not none else target.schema) }}
{% endmacro %}

{% macro schema_prefix() %}
    {{ return(env_var('SEGMENTRY_SCHEMA_PREFIX', '')) }}
{% endmacro %}
