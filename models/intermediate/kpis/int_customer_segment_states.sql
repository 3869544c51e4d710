{#- What each combination of segments adds to the states of a period: flows of the period, stocks of the as-of date before it. -#}
with

customer_periods as (

    select * from {{ ref('int_customer_periods') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

stocks as (

    select * from {{ ref('int_customer_segment_stocks') }}

),

{% set states = ['new', 'current', 'resurrected', 'dormant'] -%}
flows as (

    select
        period_grain,
        period_start,
        {% for state in states -%}
        sum(case when lifecycle_state = '{{ state }}' then 1 else 0 end) as {{ state }}_customers,
        {% endfor -%}
        segment_set_key
    from customer_periods
    group by period_grain, period_start, segment_set_key

),

first_days as (

    select
        flows.period_start as first_active_on,
        periods.segment_date,
        flows.segment_set_key,
        flows.new_customers as customers
    from flows
    inner join periods
        on
            flows.period_grain = periods.period_grain
            and flows.period_start = periods.period_start
    where
        flows.period_grain = 'day'
        and flows.new_customers > 0

),

-- set 0 is who was not known yet: those leave no stock of the never active
contributions as (

    select
        period_grain,
        period_start,
        segment_set_key,
        {% for state in states -%}
        {{ state }}_customers,
        {% endfor -%}
        -current_customers - resurrected_customers - dormant_customers as inactive_customers,
        case when segment_set_key = 0 then 0 else -new_customers end as never_active_customers,
        0 as churned_customers
    from flows
    union all
    select
        periods.period_grain,
        periods.period_start,
        stocks.segment_set_key,
        {% for state in states -%}
        0 as {{ state }}_customers,
        {% endfor -%}
        stocks.ever_active as inactive_customers,
        stocks.members - stocks.ever_active as never_active_customers,
        stocks.lapsed_payers as churned_customers
    from periods
    inner join stocks
        on periods.segment_date = stocks.as_of_date
    union all
    -- first active between the as-of date and the period
    select
        periods.period_grain,
        periods.period_start,
        first_days.segment_set_key,
        {% for state in states -%}
        0 as {{ state }}_customers,
        {% endfor -%}
        first_days.customers as inactive_customers,
        case when first_days.segment_set_key = 0 then 0 else -first_days.customers end as never_active_customers,
        0 as churned_customers
    from periods
    inner join first_days
        on
            {{ is_same('periods.segment_date', 'first_days.segment_date') }}
            and periods.period_start > first_days.first_active_on

),

final as (

    select
        period_grain,
        period_start,
        {% for state in states + ['inactive', 'never_active', 'churned'] -%}
        sum({{ state }}_customers) as {{ state }}_customers,
        {% endfor -%}
        segment_set_key
    from contributions
    group by period_grain, period_start, segment_set_key

)

select * from final
