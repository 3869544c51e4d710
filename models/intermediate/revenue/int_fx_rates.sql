{#- A rate for every day and currency: the newest published one, so that a weekend has Friday's. -#}
with

dates as (

    select * from {{ ref('int_dates') }}

),

published as (

    select * from {{ staged('fx_rates') }}

),

currencies as (

    select distinct currency
    from published
    where currency <> '{{ var("reporting_currency") }}'

),

first_days as (

    select min(date_day) as first_day from dates

),

effective as (

    -- of rates older than the first day, the newest applies
    select
        published.currency,
        greatest(published.rate_date, first_days.first_day) as rate_date,
        max(published.rate_date) as published_on
    from published
    cross join first_days
    group by 1, 2

),

dated as (

    select
        dates.date_day as rate_date,
        currencies.currency,
        max(effective.published_on) over (
            partition by currencies.currency
            order by dates.date_day
            rows between unbounded preceding and current row
        ) as published_on
    from dates
    cross join currencies
    left join effective
        on
            dates.date_day = effective.rate_date
            and currencies.currency = effective.currency

),

final as (

    select
        dated.rate_date,
        dated.currency,
        dated.published_on,
        published.rate
    from dated
    inner join published
        on
            dated.published_on = published.rate_date
            and dated.currency = published.currency
    union all
    select
        date_day as rate_date,
        '{{ var("reporting_currency") }}' as currency,
        date_day as published_on,
        cast(1 as decimal(18, 8)) as rate
    from dates

)

select * from final
