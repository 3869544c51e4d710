with

orders as (

    select * from {{ ref('int_orders') }}

),

snapshots as (

    select * from {{ ref('int_snapshots') }}

),

lines as (

    select * from {{ ref('int_transactions_converted') }}
    where
        customer_key is not null
        and category <> 'subscription'

),

flows as (

    -- an order counts from the day it was placed until the day its cancellation was complete
    select
        customer_key,
        ordered_on as flow_date,
        1 as orders,
        cast(0 as decimal(18, 2)) as net_amount,
        ordered_on
    from orders
    union all
    select
        customer_key,
        last_refunded_on as flow_date,
        -1 as orders,
        cast(0 as decimal(18, 2)) as net_amount,
        cast(null as date) as ordered_on
    from orders
    where is_cancelled
    union all
    select
        customer_key,
        revenue_date as flow_date,
        0 as orders,
        amount * direction as net_amount,
        cast(null as date) as ordered_on
    from lines

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
        sum(orders) over to_date as orders,
        cast(sum(net_amount) over to_date as decimal(18, 2)) as net_spend,
        max(ordered_on) over to_date as last_ordered_on,
        min(ordered_on) over to_date as first_ordered_on,
        lead(flow_date) over (partition by customer_key order by flow_date) as next_flow_date
    from days
    window to_date as (
        partition by customer_key order by flow_date rows between unbounded preceding and current row
    )

),

final as (

    select
        running.customer_key,
        snapshots.as_of_date,
        running.orders,
        running.net_spend,
        running.first_ordered_on,
        running.last_ordered_on
    from running
    inner join snapshots
        on
            running.flow_date <= snapshots.as_of_date
            and (running.next_flow_date is null or running.next_flow_date > snapshots.as_of_date)

)

select * from final
