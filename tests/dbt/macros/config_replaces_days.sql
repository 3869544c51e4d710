{#- The strategy by engine, as dbt's adapters name it. -#}
select '{{ replaces_days() }}' as strategy
where
    ('{{ target.type }}' = 'duckdb' and '{{ replaces_days() }}' <> 'append')
    or ('{{ target.type }}' = 'spark' and '{{ replaces_days() }}' <> 'insert_overwrite')
