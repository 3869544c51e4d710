{#-
    Where a source's files lie, by its location, and the table that stands for them. Feeds that are tables
    have no folder; fits always have one.
-#}
{%- set located = {'name': 'users', 'schema': 'raw', 'identifier': 'users', 'meta': {
    'external_location': "read_parquet('/srv/a b/raw/{name}/*.parquet', union_by_name = true)"
}} -%}
{%- set nested = {'name': 'quarantine', 'schema': 'raw', 'identifier': 'quarantine', 'meta': {
    'external_location': "read_parquet('data/raw/_quarantine/*/*.parquet')"
}} -%}
{%- set fits = {'name': 'runs', 'source_name': 'models', 'schema': 'models', 'identifier': 'runs', 'meta': {
    'external_location': "read_parquet('data/models/runs/*.parquet')"
}} -%}
{%- set table = {'name': 'users', 'schema': 'erp', 'identifier': 'users', 'meta': {}} -%}
{%- set in_folders = var('raw_schema') is none -%}
with cases as (
    select '{{ mounted_folder(located) or "none" }}' as actual, '{{ '/srv/a b/raw/users' if in_folders else 'none' }}' as expected
    union all
    select '{{ mounted_folder(nested) or "none" }}' as actual, '{{ 'data/raw/_quarantine' if in_folders else 'none' }}' as expected
    union all
    select '{{ mounted_folder(fits) or "none" }}' as actual, 'data/models/runs' as expected
    union all
    select '{{ mounted_folder(table) or "none" }}' as actual, 'none' as expected
    union all
    select '{{ mounted_relation(located).schema }}' as actual, '{{ schema_prefix() }}raw' as expected
)

select * from cases
where
    actual is null
    or actual <> expected
