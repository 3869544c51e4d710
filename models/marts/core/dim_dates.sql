with

dates as (

    select * from {{ ref('int_dates') }}

),

final as (

    select
        date_day,
        week_start,
        month_start,
        cast(extract(year from date_day) as integer) as year_number,
        cast(extract(quarter from date_day) as integer) as quarter_number,
        cast(extract(month from date_day) as integer) as month_number,
        cast({{ days_between(period_start('week', 'date_day', week_starts_on=1), 'date_day') }} + 1 as integer) as iso_weekday,
        is_week_end,
        is_month_end,
        is_as_of_date
    from dates

)

select * from final
