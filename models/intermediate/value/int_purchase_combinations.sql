{{ config(tags=['fit_input']) }}
with

summaries as (

    select * from {{ ref('int_customer_purchase_summaries') }}

),

final as (

    -- customers who first bought on this day show nothing yet
    select
        cut_date,
        is_current,
        frequency,
        recency_days,
        age_days,
        count(*) as customers,
        sum(holdout_purchases) as holdout_purchases,
        sum(holdout_purchases * holdout_purchases) as holdout_purchases_squared,
        sum(case when holdout_purchases > 0 then 1 else 0 end) as holdout_buyers,
        sum(purchases_of_last_period) as purchases_of_last_period
    from summaries
    where age_days > 0
    group by cut_date, is_current, frequency, recency_days, age_days

)

select * from final
