{#- What mount_raw_files left behind before the first model: the table over the ledger's files holds each file's rows. -#}
{{ config(enabled=(target.type == 'spark')) }}
{%- set node = graph.sources['source.' ~ project_name ~ '.raw.ledger'] if execute else none %}
{%- if execute and mounted_folder(node) -%}
with mounted as (
    select count(*) as found from {{ mounted_relation(node) }}
),

files as (
    select count(*) as found from parquet.`{{ mounted_folder(node) }}`
)

select
    mounted.found as mounted_found,
    files.found as files_found
from mounted
cross join files
where mounted.found <> files.found or files.found = 0
{%- else -%}
select 1 as nothing_to_mount from (select 1 as one) as one_row where 1 = 0
{%- endif %}
