with

orders as (

    select * from {{ ref('int_orders') }}

),

final as (

    select
        order_id,
        customer_id,
        account_id,
        gross_amount,
        refunded_amount,
        net_amount,
        '{{ var("reporting_currency") }}' as reporting_currency,
        currency,
        original_gross_amount,
        cast(lines as integer) as lines,
        is_cancelled,
        ordered_on,
        last_refunded_on,
        ordered_at
    from orders

)

select * from final
