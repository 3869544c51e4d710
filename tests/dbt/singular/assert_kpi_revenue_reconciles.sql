{#- Every grain adds up to the converted transactions and to the orders; historic value ends with all money times the margin. -#}
with

transactions as (

    select * from {{ ref('int_transactions_converted') }}

),

orders as (

    select * from {{ ref('int_orders') }}

),

revenue as (

    select * from {{ ref('kpi_revenue') }} where segment_dimension = 'all'

),

lifetime_value as (

    select * from {{ ref('kpi_clv') }} where segment_dimension = 'all'

),

money_received as (

    select coalesce(sum(amount * direction), 0) as net_revenue from transactions

),

orders_placed as (

    select
        count(*) as orders,
        coalesce(sum(gross_amount), 0) as order_gross_revenue
    from orders

),

by_grain as (

    select
        period_grain,
        sum(net_revenue) as net_revenue,
        sum(orders) as orders,
        sum(order_gross_revenue) as order_gross_revenue
    from revenue
    group by period_grain

),

ranked_values as (

    select
        period_grain,
        historical_clv,
        row_number() over (partition by period_grain order by period_start desc) as age_rank
    from lifetime_value

),

final as (

    select
        by_grain.period_grain,
        'money or orders are lost between tables' as failure
    from by_grain
    cross join money_received
    cross join orders_placed
    where
        by_grain.net_revenue <> money_received.net_revenue
        or by_grain.orders <> orders_placed.orders
        or by_grain.order_gross_revenue <> orders_placed.order_gross_revenue
    union all
    -- cents are rounded payer by payer, so a margin below 1 may leave up to half a cent each
    select
        ranked_values.period_grain,
        'historic value is not the money received times the margin' as failure
    from ranked_values
    cross join money_received
    where
        ranked_values.age_rank = 1
        and {{ var('gross_margin') }} = 1
        and ranked_values.historical_clv <> money_received.net_revenue

)

select * from final
