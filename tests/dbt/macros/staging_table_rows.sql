{#- A table that was not landed: values cast to the declared type, absent columns NULL, absent lineage constant. -#}
{%- set node = {'columns': {
    'as_of_date': {'name': 'as_of_date', 'data_type': 'string'},
    'absent': {'name': 'absent', 'data_type': 'decimal(18,2)'},
    '_batch_id': {'name': '_batch_id', 'data_type': 'string'},
    '_row': {'name': '_row', 'data_type': 'bigint'},
    '_load_id': {'name': '_load_id', 'data_type': 'bigint'},
}} -%}
with given as (
    select * from {{ ref('int_clock') }}
),

cast_rows as (
    select * from {{ table_rows(ref('int_clock'), node) }}
),

final as (
    select
        cast_rows.as_of_date,
        cast_rows.absent,
        cast_rows._batch_id,
        cast_rows._row,
        cast_rows._load_id,
        given.as_of_date as expected
    from given
    -- the clock is one row: a table read twice or not at all shows as a row without partner
    full outer join cast_rows on cast(given.as_of_date as {{ dbt.type_string() }}) = cast_rows.as_of_date || ''
    where given.as_of_date is not null or cast_rows.as_of_date is not null
)

select * from final
where
    expected is null
    or as_of_date is null
    or absent is not null
    or _batch_id <> ''
    or _row <> 0
    or _load_id <> 0
