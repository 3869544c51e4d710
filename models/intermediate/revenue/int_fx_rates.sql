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

dated as (

    select
        dates.date_day as rate_date,
        currencies.currency,
        published.rate,
        max(published.rate_date) over (
            partition by currencies.currency
            order by dates.date_day
            rows between unbounded preceding and current row
        ) as published_on
    from dates
    cross join currencies
    left join published
        on
            dates.date_day = published.rate_date
            and currencies.currency = published.currency

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
