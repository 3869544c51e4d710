{#- Local days hold in any reporting time zone: a local midnight is the first instant of its day, a millisecond less is the day before. -#}
with spine as (
    {{ day_spine("date '2024-02-28'", "date '2024-03-01'") }}
),

empty_spine as (
    {{ day_spine("cast(null as date)", "date '2024-03-01'") }}
),

dst_days as (
    {{ day_spine("date '2024-03-09'", "date '2024-04-01'") }}
),

-- in UTC the day is the date of the instant
expected_in_utc as (
    select
        {{ local_date("timestamp '2024-03-10 23:59:59.999'") }} as last_instant,
        {{ local_date("timestamp '2024-03-11 00:00:00'") }} as first_instant
),

failures as (
    select 'day_spine has both ends and the leap day' as failure
    from spine
    having
        count(*) <> 3
        or min(date_day) <> date '2024-02-28'
        or max(date_day) <> date '2024-03-01'
        or count(distinct date_day) <> 3
    union all
    select 'day_spine without a start is empty' as failure
    from empty_spine
    having count(*) <> 0
    union all
    select 'local_date of local_midnight is the day' as failure
    from dst_days
    where {{ local_date(local_midnight('date_day')) }} <> date_day
    union all
    select 'the instant before local_midnight is the day before' as failure
    from dst_days
    where {{ local_date(add_minutes(local_midnight('date_day') | trim, -1) | trim) }} <> {{ add_days('date_day', -1) }}
    union all
    select 'a day of UTC' as failure
    from expected_in_utc
    where
        {{ 'true' if var('reporting_timezone') == 'UTC' else 'false' }}
        and (last_instant <> date '2024-03-10' or first_instant <> date '2024-03-11')
)

select * from failures
