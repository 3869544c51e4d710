{#- In which period somebody was first active, signed up or first bought, and in which it was last seen. -#}
with

customers as (

    select * from {{ ref('int_customers') }} where not is_internal

),

customer_periods as (

    select * from {{ ref('int_customer_periods') }} where active_days > 0

),

purchases as (

    select * from {{ ref('int_customer_revenue_periods') }} where order_gross_revenue > 0

),

dates as (

    select * from {{ ref('int_dates') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

activity_spans as (

    select
        customer_key,
        period_grain,
        min(period_index) as first_index,
        max(period_index) as last_index
    from customer_periods
    group by customer_key, period_grain

),

signed_up as (

    {% for grain in ['day', 'week', 'month'] -%}
    select
        customers.customer_key,
        periods.period_grain,
        periods.period_index as cohort_index
    from customers
    inner join dates
        on customers.signed_up_on = dates.date_day
    inner join periods
        on
            periods.period_grain = '{{ grain }}'
            and dates.{{ 'date_day' if grain == 'day' else grain ~ '_start' }} = periods.period_start
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (

    select
        'first_activity' as cohort_basis,
        period_grain,
        customer_key,
        first_index as cohort_index,
        last_index - first_index as last_number
    from activity_spans
    union all
    select
        'first_purchase' as cohort_basis,
        period_grain,
        customer_key,
        min(period_index) as cohort_index,
        max(period_index) - min(period_index) as last_number
    from purchases
    group by period_grain, customer_key
    union all
    select
        'sign_up' as cohort_basis,
        signed_up.period_grain,
        signed_up.customer_key,
        signed_up.cohort_index,
        activity_spans.last_index - signed_up.cohort_index as last_number
    from signed_up
    -- what somebody did before signing up is not a return
    left join activity_spans
        on
            signed_up.customer_key = activity_spans.customer_key
            and signed_up.period_grain = activity_spans.period_grain
            and signed_up.cohort_index <= activity_spans.last_index

)

select * from final
