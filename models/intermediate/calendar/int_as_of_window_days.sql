{#-
    Which as-of dates see a day in the trailing window of features. Facts join it by equality: expanding is four times cheaper
    than a range join.
-#}
with

dates as (

    select * from {{ ref('int_dates') }}

),

as_of_dates as (

    select * from {{ ref('int_as_of_dates') }}

),

final as (

    select
        dates.date_day,
        as_of_dates.as_of_date,
        {{ days_between('dates.date_day', 'as_of_dates.as_of_date') }} as age_days
    from dates
    inner join as_of_dates
        on
            dates.date_day <= as_of_dates.as_of_date
            and dates.date_day > {{ add_days('as_of_dates.as_of_date', -trailing_windows().features) }}

)

select * from final
