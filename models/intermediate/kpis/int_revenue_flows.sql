{#-
    Money and orders by payer and day. Money that names an account alone is shared among its members (int_account_money_shares); it
    stays with the account where nobody shares it.
-#}
with

transactions as (

    select * from {{ ref('int_transactions_converted') }}

),

orders as (

    select * from {{ ref('int_orders') }}

),

shares as (

    select * from {{ ref('int_account_money_shares') }}

),

dates as (

    select * from {{ ref('int_dates') }}

),

numbered_orders as (

    select
        *,
        row_number() over (partition by customer_key order by ordered_at, order_id) as order_number
    from orders

),

money as (

    select
        transactions.customer_key,
        case when transactions.customer_key is null then transactions.account_id end as account_id,
        dates.month_start,
        transactions.revenue_date as flow_date,
        transactions.received_on,
        sum(case when transactions.kind = 'charge' then transactions.amount else 0 end) as gross_revenue,
        sum(case when transactions.kind = 'charge' then 0 else transactions.amount end) as refunds,
        sum(case when transactions.amount is null then 1 else 0 end) as unconverted_lines
    from transactions
    inner join dates
        on transactions.revenue_date = dates.date_day
    group by 1, 2, 3, 4, 5

),

{% set amounts = ['gross_revenue', 'refunds'] -%}
final as (

    -- a line without a rate is no amount to share: it counts with the first member
    select
        coalesce(money.customer_key, shares.customer_key) as customer_key,
        case when shares.customer_key is null then money.account_id end as payer_account_id,
        money.flow_date,
        money.received_on,
        {% for amount in amounts -%}
        case
            when shares.customer_key is null then money.{{ amount }}
            else {{ even_share('money.' ~ amount, 'shares.place', 'shares.places') }}
        end as {{ amount }},
        {% endfor -%}
        case when coalesce(shares.place, 1) = 1 then money.unconverted_lines else 0 end as unconverted_lines,
        0 as orders,
        0 as cancelled_orders,
        0 as unconverted_orders,
        cast(0 as decimal(18, 2)) as order_gross_revenue,
        0 as last_order_number,
        shares.customer_key is not null as is_shared
    from money
    left join shares
        on
            money.account_id = shares.account_id
            and money.month_start = shares.month_start
    union all
    select
        customer_key,
        cast(null as {{ dbt.type_string() }}) as payer_account_id,
        ordered_on as flow_date,
        cast(null as date) as received_on,
        {% for amount in amounts -%}
        cast(0 as decimal(18, 2)) as {{ amount }},
        {% endfor -%}
        0 as unconverted_lines,
        count(*) as orders,
        sum(case when is_cancelled then 1 else 0 end) as cancelled_orders,
        sum(case when gross_amount is null then 1 else 0 end) as unconverted_orders,
        sum(gross_amount) as order_gross_revenue,
        max(order_number) as last_order_number,
        false as is_shared
    from numbered_orders
    group by 1, 3

)

select * from final
