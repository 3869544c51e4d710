{#- What lock_engine left behind, seen from a query of the run itself. -#}
{{ config(enabled=(target.type == 'duckdb')) }}
with settings as (
    select
        current_setting('lock_configuration') as is_locked,
        current_setting('enable_external_access') as has_external_access,
        current_setting('TimeZone') as time_zone
)

select * from settings
where
    not is_locked
    or has_external_access
    or time_zone <> 'UTC'
