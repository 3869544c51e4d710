{#- A table that is there is read, as far as it has the columns; one that is not there gives no rows. -#}
{%- set node = {'columns': {'as_of_date': {'name': 'as_of_date', 'data_type': 'date'}}} -%}
{%- set clock = ref('int_clock') -%}
{%- set absent = clock.incorporate(path={'identifier': 'no_such_table'}) -%}
with present_rows as (
    select count(*) as found from {{ warehouse_rows(clock, node) }}
),

absent_rows as (
    select count(*) as found from {{ warehouse_rows(absent, node) }}
)

select
    present_rows.found as present_found,
    absent_rows.found as absent_found
from present_rows
cross join absent_rows
where
    present_rows.found <> 1
    or absent_rows.found <> 0
