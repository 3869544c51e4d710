with

customers as (

    select * from {{ ref('int_customers') }} where not is_internal

),

summaries as (

    select * from {{ ref('int_customer_purchase_summaries') }} where is_current

),

scores as (

    select * from {{ ref('int_customer_purchase_scores') }} where is_current

),

segments as (

    select * from {{ ref('int_customer_segments') }} where is_current

),

revenue as (

    select
        customer_key,
        sum(net_revenue) as net_revenue
    from {{ ref('int_customer_revenue_periods') }}
    where
        period_grain = 'month'
        and customer_key is not null
    group by customer_key

),

orders as (

    select
        customer_key,
        {{ safe_divide('sum(net_amount)', 'count(net_amount)') }} as mean_order_value
    from {{ ref('int_orders') }}
    where not coalesce(is_cancelled, false)
    group by customer_key

),

medians as (

    -- fallback if the value model has no mean: spend of the same RFM group
    select
        segments.rfm,
        {{ percentile('orders.mean_order_value', 0.5) }} as median_order_value
    from segments
    inner join orders
        on segments.customer_key = orders.customer_key
    group by segments.rfm

),

joined as (

    select
        customers.customer_id,
        customers.account_id,
        summaries.frequency,
        summaries.recency_days / cast(7 as {{ type_double() }}) as recency,
        summaries.age_days / cast(7 as {{ type_double() }}) as customer_age,
        summaries.mean_repeat_value as monetary_value,
        scores.probability_alive,
        scores.probability_active,
        scores.expected_purchases,
        coalesce(scores.expected_order_value, {{ money('medians.median_order_value') }}) as order_value,
        scores.discounted_purchases_12m * {{ var('gross_margin') }} as purchases_12m,
        scores.discounted_purchases_horizon * {{ var('gross_margin') }} as purchases_horizon,
        {{ money('coalesce(revenue.net_revenue, 0) * ' ~ var('gross_margin')) }} as historical_clv,
        case
            when summaries.customer_key is null then 'no_purchases'
            when {{ purchase_history_status('summaries') }} <> 'scored' then {{ purchase_history_status('summaries') }}
            when scores.customer_key is null then 'no_model_run'
            when scores.expected_purchases is null then 'not_in_lookup'
            when scores.expected_order_value is null and medians.median_order_value is null then 'no_order_value'
            when scores.expected_order_value is null then 'scored_by_segment_median'
            when summaries.frequency > 0 and coalesce(summaries.mean_repeat_value, 0) <= 0 then 'scored_by_population_value'
            else 'scored'
        end as scoring_status,
        scores.model_run_id
    from customers
    left join summaries
        on customers.customer_key = summaries.customer_key
    left join scores
        on customers.customer_key = scores.customer_key
    left join segments
        on customers.customer_key = segments.customer_key
    left join medians
        on segments.rfm = medians.rfm
    left join revenue
        on customers.customer_key = revenue.customer_key

),

final as (

    select
        customer_id,
        account_id,
        scoring_status,
        model_run_id,
        frequency,
        recency,
        customer_age,
        monetary_value,
        probability_alive,
        probability_active as probability_active_12m,
        expected_purchases as expected_purchases_12m,
        case when model_run_id is not null then order_value end as expected_average_order_value,
        historical_clv,
        {{ money('purchases_12m * order_value') }} as predicted_clv_12m,
        {{ money('purchases_horizon * order_value') }} as predicted_clv_horizon,
        cast(historical_clv + {{ money('purchases_horizon * order_value') }} as decimal(18, 2)) as total_clv,
        {{ as_of_date() }} as as_of_date
    from joined

)

select * from final
