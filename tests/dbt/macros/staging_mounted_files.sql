{#-
    Where a source's files lie, by its location, and the table that stands for them.
-#}
{%- set located = {'name': 'users', 'schema': 'raw', 'identifier': 'users', 'meta': {
    'external_location': "read_parquet('/srv/a b/raw/{name}/*.parquet', union_by_name = true)"
}} -%}
{%- set nested = {'name': 'quarantine', 'schema': 'raw', 'identifier': 'quarantine', 'meta': {
    'external_location': "read_parquet('data/raw/_quarantine/*/*.parquet')"
}} -%}
{%- set table = {'name': 'users', 'schema': 'erp', 'identifier': 'users', 'meta': {}} -%}
with cases as (
    select '{{ mounted_folder(located) }}' as actual, '/srv/a b/raw/users' as expected
    union all
    select '{{ mounted_folder(nested) }}' as actual, 'data/raw/_quarantine' as expected
    union all
    select '{{ mounted_folder(table) or "none" }}' as actual, 'none' as expected
    union all
    select '{{ mounted_relation(located).schema }}' as actual, '{{ schema_prefix() }}raw' as expected
)

select * from cases
where
    actual is null
    or actual <> expected
