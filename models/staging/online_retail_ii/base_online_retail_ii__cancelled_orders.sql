{{ config(enabled=var('preset') == 'online_retail_ii') }}
with

lines as (

    select * from {{ ref('base_online_retail_ii__order_lines') }}

),

invoices as (

    -- a sum of keys is the same for the same lines in any order
    select
        invoice,
        customer_id,
        is_cancellation,
        min(invoice_date) as invoiced_at,
        count(*) as line_count,
        sum(cast({{ int64_key("stock_code || ':' || pieces || ':' || price") }} as {{ type_decimal(38, 0) }})) as fingerprint
    from lines
    group by invoice, customer_id, is_cancellation

),

pairs as (

    select
        cancellations.invoice as cancellation,
        orders.invoice as order_id,
        cancellations.invoiced_at as cancelled_at,
        row_number() over (
            partition by cancellations.invoice order by orders.invoiced_at desc, orders.invoice asc
        ) as order_rank
    from invoices as cancellations
    inner join invoices as orders
        on
            cancellations.customer_id = orders.customer_id
            and cancellations.line_count = orders.line_count
            and cancellations.fingerprint = orders.fingerprint
            and cancellations.invoiced_at >= orders.invoiced_at
    where cancellations.is_cancellation and not orders.is_cancellation

),

ranked as (

    select
        *,
        row_number() over (partition by order_id order by cancelled_at, cancellation) as cancellation_rank
    from pairs
    where order_rank = 1

),

final as (

    select
        cancellation,
        order_id
    from ranked
    where cancellation_rank = 1

)

select * from final
