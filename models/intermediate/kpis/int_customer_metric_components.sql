{#-
    Numerators and denominators of the figures of customers, each counted once, here: what happened in the period, who was there on
    the as-of date before it, and the money.
-#}
with

customer_periods as (select * from {{ ref('int_customer_periods') }}),

customer_revenue as (select * from {{ ref('int_customer_revenue_periods') }}),

periods as (select * from {{ ref('int_periods') }}),

stocks as (select * from {{ ref('int_customer_segment_stocks') }}),

flows as (

    select
        period_grain,
        period_start,
        segment_set_key,
        {% for state in ['new', 'current', 'resurrected', 'dormant'] -%}
        count(case when lifecycle_state = '{{ state }}' then 1 end) as {{ state }}_customers,
        {% endfor -%}
        count(case when is_active then 1 end) as active_customers,
        count(case when is_reported_active then 1 end) as reported_active_customers,
        sum(active_days) as customer_days
    from customer_periods
    group by period_grain, period_start, segment_set_key

),

revenue as (

    select
        period_grain,
        period_start,
        segment_set_key,
        sum(net_revenue) as net_revenue,
        sum(shared_net_revenue) as shared_net_revenue,
        sum(reported_net_revenue) as reported_net_revenue,
        count(case when is_paying then 1 end) as paying_customers
    from customer_revenue
    group by period_grain, period_start, segment_set_key

),

openings as (

    select
        periods.period_grain,
        periods.period_start,
        stocks.segment_set_key,
        stocks.members,
        stocks.ever_active,
        stocks.lapsed_payers
    from periods
    inner join stocks
        on periods.segment_date = stocks.as_of_date

),

first_days as (

    select
        flows.period_start as first_active_on,
        periods.segment_date,
        flows.segment_set_key,
        flows.new_customers
    from flows
    inner join periods
        on
            flows.period_grain = periods.period_grain
            and flows.period_start = periods.period_start
    where
        flows.period_grain = 'day'
        and flows.new_customers > 0

),

newcomers as (

    -- first active between the as-of date and the period
    select
        periods.period_grain,
        periods.period_start,
        first_days.segment_set_key,
        sum(first_days.new_customers) as customers
    from periods
    inner join first_days
        on
            {{ is_same('periods.segment_date', 'first_days.segment_date') }}
            and periods.period_start > first_days.first_active_on
    group by periods.period_grain, periods.period_start, first_days.segment_set_key

),

{% set parts = ['flows', 'revenue', 'openings', 'newcomers'] -%}
combinations as (

    {% for part in parts -%}
    select
        period_grain,
        period_start,
        segment_set_key
    from {{ part }}
    {{ 'union distinct' if not loop.last }}
    {% endfor %}
),

final as (

    select
        combinations.period_grain,
        combinations.period_start,
        combinations.segment_set_key,
        {% for column in [
            'new_customers', 'current_customers', 'resurrected_customers', 'dormant_customers', 'active_customers',
            'reported_active_customers', 'customer_days',
        ] -%}
        coalesce(flows.{{ column }}, 0) as {{ column }},
        {% endfor -%}
        coalesce(openings.ever_active, 0) + coalesce(newcomers.customers, 0)
        - coalesce(flows.current_customers + flows.resurrected_customers + flows.dormant_customers, 0) as inactive_customers,
        -- set 0 holds customers unknown on the as-of date, who cannot be never active
        coalesce(openings.members - openings.ever_active, 0) - case
            when combinations.segment_set_key = 0 then 0
            else coalesce(newcomers.customers, 0) + coalesce(flows.new_customers, 0)
        end as never_active_customers,
        coalesce(openings.lapsed_payers, 0) as churned_customers,
        coalesce(openings.members, 0) + case
            when combinations.segment_set_key = 0 then coalesce(newcomers.customers, 0) + coalesce(flows.new_customers, 0)
            else 0
        end as known_customers,
        coalesce(revenue.net_revenue, 0) as net_revenue,
        coalesce(revenue.shared_net_revenue, 0) as shared_net_revenue,
        coalesce(revenue.reported_net_revenue, 0) as reported_net_revenue,
        coalesce(revenue.paying_customers, 0) as paying_customers
    from combinations
    {% for part in parts -%}
    left join {{ part }}
        on
            combinations.period_grain = {{ part }}.period_grain
            and combinations.period_start = {{ part }}.period_start
            and combinations.segment_set_key = {{ part }}.segment_set_key
    {% endfor %}

)

select * from final
