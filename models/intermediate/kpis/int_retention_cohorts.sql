{#- The period in which each customer was first active, signed up or first bought, and the last one with activity. -#}
with

customers as (

    select * from {{ ref('int_customers') }} where not is_internal

),

customer_days as (

    select * from {{ ref('int_customer_days') }} where activity_date <= {{ as_of_date() }}

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

spans as (

    select
        'activity' as kind,
        customer_key,
        min(activity_date) as first_day,
        max(activity_date) as last_day
    from customer_days
    group by customer_key
    union all
    select
        'purchase' as kind,
        customer_key,
        min(ordered_on) as first_day,
        max(ordered_on) as last_day
    from orders
    where ordered_on <= {{ as_of_date() }}
    group by customer_key
    union all
    select
        'sign_up' as kind,
        customer_key,
        signed_up_on as first_day,
        signed_up_on as last_day
    from customers
    where signed_up_on is not null

),

period_days as (

    {% for grain in ['day', 'week', 'month'] -%}
    select
        periods.period_grain,
        periods.period_index,
        dates.date_day
    from dates
    inner join periods
        on
            periods.period_grain = '{{ grain }}'
            and dates.{{ 'date_day' if grain == 'day' else grain ~ '_start' }} = periods.period_start
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

indexed as (

    select
        spans.kind,
        spans.customer_key,
        firsts.period_grain,
        firsts.period_index as first_index,
        lasts.period_index as last_index
    from spans
    inner join period_days as firsts
        on spans.first_day = firsts.date_day
    inner join period_days as lasts
        on
            spans.last_day = lasts.date_day
            and firsts.period_grain = lasts.period_grain

),

sign_ups as (select * from indexed where kind = 'sign_up'),

activity as (select * from indexed where kind = 'activity'),

final as (

    select
        case kind when 'activity' then 'first_activity' else 'first_purchase' end as cohort_basis,
        period_grain,
        customer_key,
        first_index as cohort_index,
        last_index - first_index as last_number
    from indexed
    where kind in ('activity', 'purchase')
    union all
    select
        'sign_up' as cohort_basis,
        sign_ups.period_grain,
        sign_ups.customer_key,
        sign_ups.first_index as cohort_index,
        activity.last_index - sign_ups.first_index as last_number
    from sign_ups
    -- activity before the sign-up is not a return
    left join activity
        on
            sign_ups.customer_key = activity.customer_key
            and sign_ups.period_grain = activity.period_grain
            and sign_ups.first_index <= activity.last_index

)

select * from final
