{#- One row per case that went wrong. The expected values are from the calendar, not from the macros. -#}
with cases as (
    select
        'add_days over the leap day' as macro_case,
        cast({{ add_days("date '2024-02-28'", 2) }} as {{ dbt.type_string() }}) as actual,
        '2024-03-01' as expected
    union all
    select
        'add_days backwards over the year' as macro_case,
        cast({{ add_days("date '2024-01-01'", -1) }} as {{ dbt.type_string() }}) as actual,
        '2023-12-31' as expected
    union all
    select
        'add_days takes an expression' as macro_case,
        cast({{ add_days("date '2023-02-28'", '1 + 0') }} as {{ dbt.type_string() }}) as actual,
        '2023-03-01' as expected
    union all
    select
        'days_between over a leap year' as macro_case,
        cast({{ days_between("date '2024-01-01'", "date '2025-01-01'") }} as {{ dbt.type_string() }}) as actual,
        '366' as expected
    union all
    select
        'days_between is negative backwards' as macro_case,
        cast({{ days_between("date '2024-03-01'", "date '2024-02-28'") }} as {{ dbt.type_string() }}) as actual,
        '-2' as expected
    union all
    select
        'period_start of a day' as macro_case,
        cast({{ period_start('day', "date '2024-05-15'") }} as {{ dbt.type_string() }}) as actual,
        '2024-05-15' as expected
    union all
    select
        'period_start of a Sunday is the Monday before' as macro_case,
        cast({{ period_start('week', "date '2024-03-03'") }} as {{ dbt.type_string() }}) as actual,
        '2024-02-26' as expected
    union all
    select
        'period_start of a Monday is itself' as macro_case,
        cast({{ period_start('week', "date '2024-03-04'") }} as {{ dbt.type_string() }}) as actual,
        '2024-03-04' as expected
    union all
    select
        'period_start of a month' as macro_case,
        cast({{ period_start('month', "date '2024-02-29'") }} as {{ dbt.type_string() }}) as actual,
        '2024-02-01' as expected
    union all
    select
        'milliseconds_between over midnight' as macro_case,
        cast({{ milliseconds_between("timestamp '2024-01-01 23:59:59.500'", "timestamp '2024-01-02 00:00:01'") }}
            as {{ dbt.type_string() }}) as actual,
        '1500' as expected
    union all
    select
        'milliseconds_between is negative backwards' as macro_case,
        cast({{ milliseconds_between("timestamp '2024-01-01 00:00:01'", "timestamp '2024-01-01 00:00:00'") }}
            as {{ dbt.type_string() }}) as actual,
        '-1000' as expected
    union all
    select
        'epoch_milliseconds of the second day' as macro_case,
        cast({{ epoch_milliseconds("timestamp '1970-01-02 00:00:00.001'") }} as {{ dbt.type_string() }}) as actual,
        '86400001' as expected
)

select * from cases
where coalesce(actual, 'null') <> expected
