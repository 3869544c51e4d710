with

dates as (

    select * from {{ ref('int_dates') }}

),

final as (

    select
        date_day as as_of_date,
        lag(date_day) over (order by date_day) as previous_as_of_date,
        is_as_of_date as is_current,
        is_week_end,
        is_month_end
    from dates
    where
        is_as_of_date
        or (
            (is_week_end or is_month_end)
            and date_day >= {{ add_days(as_of_date(), -7 * var('feature_history_weeks')) }}
        )

)

select * from final
