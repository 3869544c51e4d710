{#- What of a period arrived after the day that follows it: a reader of the closed period did not see it. -#}
with

days as (

    select * from {{ ref('int_customer_days') }}

),

transactions as (

    select * from {{ ref('int_transactions_converted') }} where amount is not null

),

dates as (

    select * from {{ ref('int_dates') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

active as (

    {% for grain in ['week', 'month'] -%}
    select
        days.customer_key,
        '{{ grain }}' as period_grain,
        dates.{{ grain }}_start as period_start,
        min(days.first_received_on) as first_received_on
    from days
    inner join dates
        on days.activity_date = dates.date_day
    group by days.customer_key, dates.{{ grain }}_start
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

late as (

    select
        active.customer_key,
        active.period_grain,
        active.period_start,
        1 as late_active_customers,
        cast(0 as decimal(18, 2)) as late_net_revenue
    from active
    inner join periods
        on
            active.period_grain = periods.period_grain
            and active.period_start = periods.period_start
            and active.first_received_on > {{ add_days('periods.last_day', 1) }}
    union all
    select
        transactions.customer_key,
        periods.period_grain,
        periods.period_start,
        0 as late_active_customers,
        transactions.amount * transactions.direction as late_net_revenue
    from transactions
    inner join periods
        on
            transactions.revenue_date between periods.period_start and periods.last_day
            and transactions.received_on > {{ add_days('periods.last_day', 1) }}

),

final as (

    select
        late.period_grain,
        late.period_start,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        sum(late.late_active_customers) as late_active_customers,
        cast(sum(late.late_net_revenue) as decimal(18, 2)) as late_net_revenue
    from late
    inner join periods
        on
            late.period_grain = periods.period_grain
            and late.period_start = periods.period_start
    left join segments
        on
            late.customer_key = segments.customer_key
            and periods.segment_date = segments.as_of_date
    group by late.period_grain, late.period_start, coalesce(segments.segment_set_key, 0)

)

select * from final
