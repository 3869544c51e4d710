with

customer_revenue as (

    select * from {{ ref('int_customer_revenue_periods') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

{% set amounts = ['gross_revenue', 'refunds', 'net_revenue', 'order_gross_revenue'] -%}
{% set counts = ['unconverted_lines', 'orders', 'cancelled_orders', 'buyers', 'repeat_buyers'] -%}
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
        sum(case when is_buyer then 1 else 0 end) as buyers,
        sum(case when is_repeat_buyer then 1 else 0 end) as repeat_buyers
    from customer_revenue
    group by period_grain, period_start, segment_set_key

),

fanned_out as (

    {{ by_segment('totals', ['period_grain', 'period_start'], amounts + counts) }}

),

grid as (

    {{ segment_grid('periods') }}

),

final as (

    select
        grid.period_grain,
        grid.period_start,
        grid.segment_dimension,
        grid.segment_key,
        grid.is_complete,
        {% for column in amounts -%}
        cast(coalesce(fanned_out.{{ column }}, 0) as decimal(18, 2)) as {{ column }},
        {% endfor -%}
        {% for column in counts -%}
        cast(coalesce(fanned_out.{{ column }}, 0) as bigint) as {{ column }},
        {% endfor -%}
        {{ money(safe_divide('fanned_out.order_gross_revenue', 'fanned_out.orders')) }} as average_order_value,
        {{ safe_divide('fanned_out.repeat_buyers', 'fanned_out.buyers') }} as repeat_rate,
        grid.as_of_date
    from grid
    left join fanned_out
        on {{ same_segment_period('grid', 'fanned_out') }}

)

select * from final
