with

customer_revenue as (

    select * from {{ ref('int_customer_revenue_periods') }}

),

segment_grid as (

    select * from {{ ref('int_segment_grid') }} where entity_type = 'customer'

),

segment_sets as (

    select * from {{ ref('int_metric_segment_sets') }} where entity_type = 'customer'

),

{% set amounts = ['gross_revenue', 'refunds', 'net_revenue', 'shared_net_revenue', 'order_gross_revenue'] -%}
{% set counts = ['unconverted_lines', 'orders', 'cancelled_orders', 'unconverted_orders', 'buyers', 'repeat_buyers'] -%}
totals as (

    select
        period_grain,
        period_start,
        segment_set_key,
        {% for column in amounts -%}
        sum({{ column }}) as {{ column }},
        {% endfor -%}
        sum(unconverted_lines) as unconverted_lines,
        sum(orders) as orders,
        sum(cancelled_orders) as cancelled_orders,
        sum(unconverted_orders) as unconverted_orders,
        sum(case when is_buyer then 1 else 0 end) as buyers,
        sum(case when is_repeat_buyer then 1 else 0 end) as repeat_buyers
    from customer_revenue
    group by period_grain, period_start, segment_set_key

),

fanned_out as (

    {{ by_segment('totals', 'segment_sets', ['period_grain', 'period_start'], amounts + counts) }}

),

counted as (

    {{ on_segment_grid('segment_grid', 'fanned_out', {'decimal(18, 2)': amounts, 'bigint': counts}) }}

),

final as (

    select
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        is_complete,
        {% for column in amounts + counts -%}
        {{ column }},
        {% endfor -%}
        {{ money(safe_divide('order_gross_revenue', '(orders - unconverted_orders)')) }} as average_order_value,
        {{ rate_with_interval('repeat_rate', 'repeat_buyers', 'buyers') }},
        as_of_date
    from counted

)

select * from final
