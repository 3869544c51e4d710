with

customers as (

    select * from {{ ref('int_customers') }} where not is_internal

),

days as (

    select * from {{ ref('int_customer_days') }}

),

orders as (

    select * from {{ ref('int_orders') }}

),

first_days as (

    select
        customer_key,
        min(activity_date) as first_active_on
    from days
    group by customer_key

),

first_orders as (

    select
        customer_key,
        min(ordered_on) as first_ordered_on
    from orders
    group by customer_key

),

final as (

    select
        customers.customer_id,
        customers.customer_key,
        customers.account_id,
        {{ int64_key('customers.account_id') }} as account_key,
        first_days.first_active_on,
        coalesce(
            least(
                coalesce(customers.known_on, first_days.first_active_on, first_orders.first_ordered_on),
                coalesce(first_days.first_active_on, customers.known_on, first_orders.first_ordered_on),
                coalesce(first_orders.first_ordered_on, customers.known_on, first_days.first_active_on)
            ),
            {{ as_of_date() }}
        ) as first_seen_on
    from customers
    left join first_days
        on customers.customer_key = first_days.customer_key
    left join first_orders
        on customers.customer_key = first_orders.customer_key

)

select * from final
