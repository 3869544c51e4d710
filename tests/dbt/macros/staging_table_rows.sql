{#- A table that was not landed: values cast to the declared type, absent columns NULL, absent lineage constant. -#}
{%- set node = {'columns': {
    'as_of_date': {'name': 'as_of_date', 'data_type': 'string'},
    'absent': {'name': 'absent', 'data_type': 'decimal(18,2)'},
    '_batch_id': {'name': '_batch_id', 'data_type': 'string'},
    '_row': {'name': '_row', 'data_type': 'bigint'},
}} -%}
with given as (
    select as_of_date from {{ ref('int_clock') }}
),

cast_rows as (
    select * from {{ table_rows(ref('int_clock'), node) }}
),

final as (
    select cast_rows.as_of_date
    from cast_rows
    inner join given on cast_rows.as_of_date || '' = cast(given.as_of_date as string)
    where cast_rows.absent is null and cast_rows._batch_id = '' and cast_rows._row = 0
)

select 'expected one row' as failure
where (select count(*) from final) <> (select count(*) from given where as_of_date is not null)
