{%- set to_date = 'partition by customer_key order by flow_date rows between unbounded preceding and current row' -%}
with

orders as (

    select * from {{ ref('int_orders') }}

),

as_of_dates as (

    select * from {{ ref('int_as_of_dates') }}

),

lines as (

    select * from {{ ref('int_transactions_converted') }}
    where
        customer_id is not null
        and category <> 'subscription'

),

cancelled as (

    select * from orders where is_cancelled

),

flows as (

    -- orders that last, and all money but that of cancelled orders; spend is unknown where no line of it has a rate
    select
        customer_key,
        ordered_on as flow_date,
        1 as orders,
        cast(null as decimal(18, 2)) as net_amount,
        ordered_on
    from orders
    where not is_cancelled
    union all
    select
        lines.customer_key,
        lines.revenue_date as flow_date,
        0 as orders,
        lines.amount * lines.direction as net_amount,
        cast(null as date) as ordered_on
    from lines
    left join cancelled
        on
            lines.customer_id = cancelled.customer_id
            and lines.order_id = cancelled.order_id
    where cancelled.order_id is null

),

days as (

    select
        customer_key,
        flow_date,
        sum(orders) as orders,
        sum(net_amount) as net_amount,
        max(ordered_on) as ordered_on
    from flows
    group by customer_key, flow_date

),

running as (

    select
        customer_key,
        flow_date,
        sum(orders) over ({{ to_date }}) as orders,
        sum(net_amount) over ({{ to_date }}) as net_spend,
        max(ordered_on) over ({{ to_date }}) as last_ordered_on,
        min(ordered_on) over ({{ to_date }}) as first_ordered_on,
        lead(flow_date) over (partition by customer_key order by flow_date) as next_flow_date
    from days

),

states as (

    select
        running.customer_key,
        as_of_dates.as_of_date,
        running.orders,
        running.net_spend,
        running.first_ordered_on,
        running.last_ordered_on
    from running
    inner join as_of_dates
        on
            running.flow_date <= as_of_dates.as_of_date
            and (running.next_flow_date is null or running.next_flow_date > as_of_dates.as_of_date)
    union all
    -- a cancelled order counts until its last refund
    select
        cancelled.customer_key,
        as_of_dates.as_of_date,
        1 as orders,
        cancelled.gross_amount as net_spend,
        cancelled.ordered_on as first_ordered_on,
        cancelled.ordered_on as last_ordered_on
    from cancelled
    inner join as_of_dates
        on
            cancelled.ordered_on <= as_of_dates.as_of_date
            and cancelled.last_refunded_on > as_of_dates.as_of_date

),

final as (

    select
        customer_key,
        as_of_date,
        cast(sum(orders) as bigint) as orders,
        cast(sum(net_spend) as decimal(18, 2)) as net_spend,
        min(first_ordered_on) as first_ordered_on,
        max(last_ordered_on) as last_ordered_on
    from states
    group by customer_key, as_of_date

)

select * from final
