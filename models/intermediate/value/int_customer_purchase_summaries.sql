{#-
    What the purchase models know of a buyer: on the as-of date, and on the three origins of the back-test, where only what
    had happened (and was taken back) by then counts, with what came in the days held out after it.
-#}
with

orders as (

    select * from {{ ref('int_orders') }}

),

purchase_days as (

    -- orders of one day are one purchase; a cancelled order stops counting on the day of its last refund
    select
        customer_key,
        ordered_on,
        -- a day with an order of unknown value is a purchase without a value
        case
            when count(case when not coalesce(is_cancelled, false) and net_amount is null then 1 end) = 0
                then sum(case when is_cancelled then 0 else net_amount end)
        end as net_amount,
        max(case when is_cancelled then last_refunded_on end) as last_cancelled_on,
        max(case when is_cancelled then 0 else 1 end) as is_kept
    from orders
    group by customer_key, ordered_on

),

cut_dates as (

    -- the days held out end with a month, so that the origins stay while runs of the month are in use
    {% for origin in [1, 2, 3] -%}
    select {{ add_days(period_start('month', as_of_date()), -1 - origin * var('clv_backtest_days')) }} as cut_date
    union all
    {% endfor -%}
    select {{ as_of_date() }} as cut_date
),

seen as (

    select
        cut_dates.cut_date,
        purchase_days.customer_key,
        purchase_days.ordered_on,
        purchase_days.net_amount,
        {{ days_between('cut_dates.cut_date', 'purchase_days.ordered_on') }} as days_after_cut,
        min(purchase_days.ordered_on) over (
            partition by cut_dates.cut_date, purchase_days.customer_key
        ) as first_ordered_on
    from purchase_days
    cross join cut_dates
    where
        purchase_days.ordered_on <= {{ add_days('cut_dates.cut_date', var('clv_backtest_days')) }}
        and (purchase_days.is_kept = 1 or purchase_days.last_cancelled_on > cut_dates.cut_date)
        -- a held-out purchase that was cancelled later does not count
        and (purchase_days.is_kept = 1 or purchase_days.ordered_on <= cut_dates.cut_date)

),

counted as (

    select
        cut_date,
        customer_key,
        first_ordered_on,
        sum(case when days_after_cut <= 0 then 1 else 0 end) - 1 as frequency,
        max(case when days_after_cut <= 0 then ordered_on end) as last_ordered_on,
        sum(case when days_after_cut <= 0 and ordered_on > first_ordered_on then net_amount end) as repeat_value,
        count(case when days_after_cut <= 0 and ordered_on > first_ordered_on then net_amount end) as valued_repeats,
        sum(case when days_after_cut between {{ 1 - var('clv_backtest_days') }} and 0 then 1 else 0 end)
            as purchases_of_last_period,
        sum(case when days_after_cut > 0 then 1 else 0 end) as holdout_purchases
    from seen
    where first_ordered_on <= cut_date
    group by cut_date, customer_key, first_ordered_on

),

final as (

    select
        cut_date,
        customer_key,
        cast(frequency as integer) as frequency,
        {{ days_between('first_ordered_on', 'last_ordered_on') }} as recency_days,
        {{ days_between('first_ordered_on', 'cut_date') }} as age_days,
        {{ money(safe_divide('repeat_value', 'valued_repeats')) }} as mean_repeat_value,
        cast(purchases_of_last_period as integer) as purchases_of_last_period,
        case when cut_date < {{ as_of_date() }} then cast(holdout_purchases as integer) end as holdout_purchases,
        first_ordered_on,
        cut_date = {{ as_of_date() }} as is_current
    from counted

)

select * from final
