with

lines as (

    select * from {{ ref('int_transactions_converted') }}
    where
        category <> 'subscription'
        and customer_id is not null

),

orders as (

    select
        customer_id,
        customer_key,
        order_id,
        min(account_id) as account_id,
        -- without a rate for one of its lines nobody knows what the order is worth
        case
            when count(case when kind = 'charge' and amount is null then 1 end) = 0
                then sum(case when kind = 'charge' then amount else 0 end)
        end as gross_amount,
        case
            when count(case when kind <> 'charge' and amount is null then 1 end) = 0
                then sum(case when kind = 'charge' then 0 else amount end)
        end as refunded_amount,
        sum(case when kind = 'charge' then original_amount else 0 end) as original_gross_amount,
        sum(case when kind = 'charge' then 0 else original_amount end) as original_refunded_amount,
        min(currency) as currency,
        count(distinct currency) as currencies,
        sum(case when kind = 'charge' then 1 else 0 end) as lines,
        min(case when kind = 'charge' then occurred_at end) as first_charged_at,
        min(case when kind = 'charge' then revenue_date end) as first_charged_on,
        max(case when kind <> 'charge' then revenue_date end) as last_refunded_on
    from lines
    group by customer_id, customer_key, order_id

),

final as (

    -- a refund that names no order of this customer stays money without an order
    select
        order_id,
        customer_id,
        customer_key,
        account_id,
        first_charged_at as ordered_at,
        first_charged_on as ordered_on,
        cast(gross_amount as decimal(18, 2)) as gross_amount,
        cast(refunded_amount as decimal(18, 2)) as refunded_amount,
        cast(gross_amount - refunded_amount as decimal(18, 2)) as net_amount,
        case when currencies = 1 then currency end as currency,
        case when currencies = 1 then cast(original_gross_amount as decimal(18, 2)) end as original_gross_amount,
        lines,
        case
            when currencies = 1 then original_refunded_amount >= original_gross_amount
            else coalesce(refunded_amount >= gross_amount, false)
        end and last_refunded_on is not null as is_cancelled,
        last_refunded_on
    from orders
    where lines > 0

)

select * from final
