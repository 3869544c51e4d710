{#-
    Landed files as tables of an engine that cannot read a path with declared columns in a query. The files stay where they are;
    a folder that does not exist yet is a table without rows.
-#}

{% macro mount_raw_files() %}
    {%- if execute -%}
        {{ return(adapter.dispatch('mount_raw_files')()) }}
    {%- endif -%}
{% endmacro %}

{% macro default__mount_raw_files() %}
{% endmacro %}

{% macro databricks__mount_raw_files() %}
{% endmacro %}

{% macro spark__mount_raw_files() %}
    {%- set nodes = graph.sources.values() | selectattr('config.enabled') | list -%}
    {%- for schema in nodes | map(attribute='schema') | unique -%}
        {%- do run_query('create schema if not exists ' ~ schema_prefix() ~ schema) -%}
    {%- endfor -%}
    {%- for node in nodes if mounted_folder(node) -%}
        {%- do run_query('drop table if exists ' ~ mounted_relation(node)) -%}
        {%- set create_table -%}
            create table {{ mounted_relation(node) }} (
                {%- for column in node.columns.values() %}
                {{ column.name }} {{ column.data_type }}{{ ',' if not loop.last }}
                {%- endfor %}
            )
            using parquet
            options (recursiveFileLookup 'true')
            location '{{ mounted_folder(node) }}'
        {%- endset -%}
        {%- do run_query(create_table) -%}
    {%- endfor -%}
{% endmacro %}

{% macro mounted_folder(node) %}
    {#- The folder of a source's files, nothing where it is a table of the warehouse. Fits are files wherever the feeds are. -#}
    {%- set location = node.meta.get('external_location') -%}
    {%- if location and (var('raw_schema') is none or node.source_name == 'models') -%}
        {{ return(modules.re.search("'([^'*]+)/[^']*'", location).group(1) | replace('{name}', node.name)) }}
    {%- endif -%}
{% endmacro %}

{% macro mounted_relation(node) %}
    {{ return(api.Relation.create(schema=schema_prefix() ~ node.schema, identifier=node.identifier)) }}
{% endmacro %}
