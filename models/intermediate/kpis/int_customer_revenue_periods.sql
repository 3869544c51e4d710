{#-
    Who paid, was refunded or ordered in which period: the base of revenue, ARPU and historical lifetime value. Its segment is that of
    the customer, or of the customer's account alone (a negative set, see int_metric_segment_sets).
-#}
with

flows as (select * from {{ ref('int_revenue_flows') }}),

dates as (select * from {{ ref('int_dates') }}),

periods as (select * from {{ ref('int_periods') }}),

customers as (select * from {{ ref('int_customer_first_days') }}),

segments as (select * from {{ ref('int_customer_segments') }}),

account_segments as (select * from {{ ref('int_account_segments') }}),

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
        sum(
            case when flows.is_shared then coalesce(flows.gross_revenue, 0) - coalesce(flows.refunds, 0) else 0 end
        ) as shared_net_revenue,
        sum(flows.gross_revenue) as gross_revenue,
        sum(flows.refunds) as refunds,
        sum(flows.unconverted_lines) as unconverted_lines,
        sum(flows.orders) as orders,
        sum(flows.cancelled_orders) as cancelled_orders,
        sum(flows.unconverted_orders) as unconverted_orders,
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
        coalesce(segments.segment_set_key, -account_segments.segment_set_key, 0) as segment_set_key,
        cast(rolled_up.gross_revenue as decimal(18, 2)) as gross_revenue,
        cast(rolled_up.refunds as decimal(18, 2)) as refunds,
        cast(rolled_up.gross_revenue - rolled_up.refunds as decimal(18, 2)) as net_revenue,
        cast(rolled_up.shared_net_revenue as decimal(18, 2)) as shared_net_revenue,
        cast(rolled_up.reported_net_revenue as decimal(18, 2)) as reported_net_revenue,
        rolled_up.unconverted_lines,
        rolled_up.orders,
        rolled_up.cancelled_orders,
        rolled_up.unconverted_orders,
        cast(rolled_up.order_gross_revenue as decimal(18, 2)) as order_gross_revenue,
        rolled_up.orders > 0 as is_buyer,
        rolled_up.orders > 0 and rolled_up.last_order_number > 1 as is_repeat_buyer,
        rolled_up.gross_revenue > 0 as is_paying
    from rolled_up
    left join segments
        on
            rolled_up.customer_key = segments.customer_key
            and rolled_up.segment_date = segments.as_of_date
    left join customers
        on rolled_up.customer_key = customers.customer_key
    left join account_segments
        on
            coalesce(rolled_up.payer_account_id, customers.account_id) = account_segments.account_id
            and rolled_up.segment_date = account_segments.as_of_date

)

select * from final
