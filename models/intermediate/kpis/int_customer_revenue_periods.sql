{#- Charges, refunds and orders by payer and period: the base of revenue, ARPU and historical lifetime value. -#}
with

transactions as (

    select * from {{ ref('int_transactions_converted') }}

),

orders as (

    select * from {{ ref('int_orders') }}

),

dates as (

    select * from {{ ref('int_dates') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

numbered_orders as (

    select
        *,
        row_number() over (partition by customer_key order by ordered_at, order_id) as order_number
    from orders

),

flows as (

    -- revenue without a customer belongs to its account
    select
        customer_key,
        case when customer_key is null then account_id end as payer_account_id,
        revenue_date as flow_date,
        received_on,
        sum(case when kind = 'charge' then amount else 0 end) as gross_revenue,
        sum(case when kind = 'charge' then 0 else amount end) as refunds,
        sum(case when amount is null then 1 else 0 end) as unconverted_lines,
        0 as orders,
        0 as cancelled_orders,
        cast(0 as decimal(18, 2)) as order_gross_revenue,
        0 as last_order_number
    from transactions
    group by customer_key, case when customer_key is null then account_id end, revenue_date, received_on
    union all
    select
        customer_key,
        cast(null as {{ dbt.type_string() }}) as payer_account_id,
        ordered_on as flow_date,
        cast(null as date) as received_on,
        cast(0 as decimal(18, 2)) as gross_revenue,
        cast(0 as decimal(18, 2)) as refunds,
        0 as unconverted_lines,
        count(*) as orders,
        sum(case when is_cancelled then 1 else 0 end) as cancelled_orders,
        sum(gross_amount) as order_gross_revenue,
        max(order_number) as last_order_number
    from numbered_orders
    group by customer_key, ordered_on

),

rolled_up as (

    {% for grain in ['day', 'week', 'month'] -%}
    select
        flows.customer_key,
        flows.payer_account_id,
        periods.period_grain,
        periods.period_start,
        periods.period_index,
        periods.segment_date,
        -- as first reported: rows received by the day after the period
        sum(
            case
                when flows.received_on <= {{ add_days('periods.last_day', 1) }}
                    then coalesce(flows.gross_revenue, 0) - coalesce(flows.refunds, 0)
                else 0
            end
        ) as reported_net_revenue,
        sum(flows.gross_revenue) as gross_revenue,
        sum(flows.refunds) as refunds,
        sum(flows.unconverted_lines) as unconverted_lines,
        sum(flows.orders) as orders,
        sum(flows.cancelled_orders) as cancelled_orders,
        sum(flows.order_gross_revenue) as order_gross_revenue,
        max(flows.last_order_number) as last_order_number
    from flows
    inner join dates
        on flows.flow_date = dates.date_day
    inner join periods
        on
            periods.period_grain = '{{ grain }}'
            and dates.{{ 'date_day' if grain == 'day' else grain ~ '_start' }} = periods.period_start
    group by
        flows.customer_key,
        flows.payer_account_id,
        periods.period_grain,
        periods.period_start,
        periods.period_index,
        periods.segment_date
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (

    select
        rolled_up.customer_key,
        rolled_up.payer_account_id,
        rolled_up.period_grain,
        rolled_up.period_start,
        rolled_up.period_index,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        cast(rolled_up.gross_revenue as decimal(18, 2)) as gross_revenue,
        cast(rolled_up.refunds as decimal(18, 2)) as refunds,
        cast(rolled_up.gross_revenue - rolled_up.refunds as decimal(18, 2)) as net_revenue,
        cast(rolled_up.reported_net_revenue as decimal(18, 2)) as reported_net_revenue,
        rolled_up.unconverted_lines,
        rolled_up.orders,
        rolled_up.cancelled_orders,
        cast(rolled_up.order_gross_revenue as decimal(18, 2)) as order_gross_revenue,
        rolled_up.orders > 0 as is_buyer,
        rolled_up.orders > 0 and rolled_up.last_order_number > 1 as is_repeat_buyer,
        rolled_up.gross_revenue > 0 as is_paying
    from rolled_up
    left join segments
        on
            rolled_up.customer_key = segments.customer_key
            and rolled_up.segment_date = segments.as_of_date

)

select * from final
