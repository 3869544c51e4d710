{{ config(enabled=var('preset') == 'online_retail_ii') }}
with

lines as (

    select * from {{ ref('base_online_retail_ii__order_lines') }}

),

cancelled_orders as (

    select * from {{ ref('base_online_retail_ii__cancelled_orders') }}

),

final as (

    select
        lines.invoice
        || ':' || lines.stock_code
        || ':' || lines.quantity
        || ':' || lines.price
        || ':' || lines.invoice_date
        || ':' || lines.occurrence as transaction_id,
        case when lines.is_cancellation then 'refund' else 'charge' end as kind,
        'one_off' as category,
        coalesce(cancelled_orders.order_id, lines.invoice) as order_id,
        cast(null as {{ dbt.type_string() }}) as account_id,
        lines.customer_id as user_id,
        lines.stock_code as product_id,
        lines.pieces as quantity,
        lines.amount,
        cast(null as decimal(18, 2)) as tax_amount,
        cast(null as decimal(18, 2)) as discount_amount,
        'GBP' as currency,
        lines.invoice_date as occurred_at,
        lines.invoice_date as received_at,
        lines._batch_id,
        lines._row,
        lines._load_id
    from lines
    left join cancelled_orders
        on lines.invoice = cancelled_orders.cancellation

)

select * from final
