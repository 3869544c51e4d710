{#- The strategy by engine, as dbt's adapters name it. -#}
select '{{ replaces_days() }}' as strategy
from (select 1 as one) as one_row
where
    ('{{ target.type }}' = 'duckdb' and '{{ replaces_days() }}' <> 'append')
    or ('{{ target.type }}' = 'spark' and '{{ replaces_days() }}' <> 'insert_overwrite')
