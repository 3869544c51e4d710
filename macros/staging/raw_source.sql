{% macro raw_source(feed, source='raw', known_at=none) -%}
    {%- set relation = builtins.source(source, feed) -%}
    {#- A unit test mocks the source as a CTE: used as it is, like the plain name while parsing. -#}
    {%- set rows = landed_rows(relation, source, feed) if execute and not relation.is_cte else relation -%}
    {%- if known_at is none or var('known_at') is none -%}
        {{ rows }}
    {%- else -%}
        (
            select * from {{ rows }}
            where cast({{ known_at }} as timestamp) <= cast('{{ var("known_at") }}' as timestamp)
        ) as known_rows
    {%- endif -%}
{%- endmacro %}

{% macro landed_rows(relation, source, feed) -%}
    {{ return(adapter.dispatch('landed_rows')(relation, source, feed)) }}
{%- endmacro %}

{% macro duckdb__landed_rows(relation, source, feed) -%}
    {%- set node = graph.sources['source.' ~ project_name ~ '.' ~ source ~ '.' ~ feed] -%}
    {#- Fitted models are files of the home, wherever the feeds are. -#}
    {%- if relation.external and (var('raw_schema') is none or source == 'models') -%}
        {%- set files = modules.re.search("'[^']+'", relation.external).group() -%}
        {%- set file_count = run_query('select count(*) from glob(' ~ files ~ ')').columns[0].values()[0] -%}
        {%- if file_count > 0 -%}
            {{ file_rows(relation, node) }}
        {%- else -%}
            {{ empty_rows(node) }}
        {%- endif -%}
    {%- else -%}
        {{ warehouse_rows(relation, node) }}
    {%- endif -%}
{%- endmacro %}

{% macro spark__landed_rows(relation, source, feed) -%}
    {%- set node = graph.sources['source.' ~ project_name ~ '.' ~ source ~ '.' ~ feed] -%}
    {%- if mounted_folder(node) -%}
        {{ mounted_relation(node) }}
    {%- else -%}
        {{ warehouse_rows(relation, node) }}
    {%- endif -%}
{%- endmacro %}

{% macro databricks__landed_rows(relation, source, feed) -%}
    {#- Not as Spark does it: a home is no folder of that warehouse. -#}
    {{ default__landed_rows(relation, source, feed) }}
{%- endmacro %}

{% macro default__landed_rows(relation, source, feed) -%}
    {{ warehouse_rows(relation, graph.sources['source.' ~ project_name ~ '.' ~ source ~ '.' ~ feed]) }}
{%- endmacro %}

{% macro warehouse_rows(relation, node) -%}
    {%- set table = adapter.get_relation(relation.database, relation.schema, relation.identifier) -%}
    {%- if table is none -%}
        {{ empty_rows(node) }}
    {%- else -%}
        {{ table_rows(table, node) }}
    {%- endif -%}
{%- endmacro %}

{% macro file_rows(relation, node) -%}
    {#- Files that landed before the contract had a column: landing writes every column, so only newer, optional ones are absent. -#}
    {%- set present = run_query('describe select * from ' ~ relation).columns[0].values() | list -%}
    {%- if node.columns.keys() | reject('in', present) | list -%}
        {{ declared_rows(relation, node, present) }}
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}

{% macro table_rows(table, node) -%}
    {#- A table that was not landed may lack lineage and optional columns, and may have types of its own. -#}
    {{ declared_rows(table, node, adapter.get_columns_in_relation(table) | map(attribute='name') | list) }}
{%- endmacro %}

{% macro declared_rows(relation, node, present) -%}
    {%- set without_landing = {'_batch_id': "''", '_row': '0', '_load_id': '0'} -%}
    (
        select
            {%- for column in node.columns.values() %}
            cast(
                {{- column.name if column.name in present else without_landing.get(column.name, 'null') }} as {{ type_of(column.data_type) -}}
            ) as {{ column.name }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ relation }}
    ) as declared_rows
{%- endmacro %}

{% macro empty_rows(node) -%}
    (
        select
            {%- for column in node.columns.values() %}
            cast(null as {{ type_of(column.data_type) }}) as {{ column.name }}{{ ',' if not loop.last }}
            {%- endfor %}
        from (select 1 as one) as one_row
        where 1 = 0
    ) as no_rows
{%- endmacro %}
