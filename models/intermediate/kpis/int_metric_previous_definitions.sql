{#-
    The amounts of kpi_change_attribution as the reader of the closed period saw them: of the segments as they were defined on
    the day after it, and of the rows that had arrived by then. Where the definition still holds, the KPIs have them.
-#}
with

account_periods as (

    select * from {{ ref('int_account_periods') }}

),

customer_states as (

    select * from {{ ref('int_customer_segment_states') }} where period_grain <> 'day'

),

customer_revenue as (

    select * from {{ ref('int_customer_revenue_periods') }} where period_grain <> 'day'

),

late as (

    select * from {{ ref('int_customer_metric_restatements') }}

),

late_accounts as (

    select * from {{ ref('int_account_metric_restatements') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

replaced_sets as (

    select * from {{ ref('int_segment_set_previous_definitions') }}

),

{% set keys = 'period_grain, period_start, segment_set_key' -%}
amounts as (

    select 'mrr' as metric, 'account' as entity_type, {{ keys }}, closing_mrr as amount from account_periods
    union all
    select 'mrr' as metric, 'account' as entity_type, {{ keys }}, -late_mrr as amount from late_accounts
    union all
    select
        'churn_rate' as metric,
        'account' as entity_type,
        {{ keys }},
        case when closing_mrr = 0 then 1 else 0 end as amount
    from account_periods
    where opening_mrr > 0
    union all
    select 'churn_rate' as metric, 'account' as entity_type, {{ keys }}, -late_churned_opening_accounts as amount from late_accounts
    union all
    select
        'active_customers' as metric,
        'customer' as entity_type,
        {{ keys }},
        new_customers + current_customers + resurrected_customers as amount
    from customer_states
    union all
    select 'active_customers' as metric, 'customer' as entity_type, {{ keys }}, -late_active_customers as amount from late
    union all
    select 'arpu' as metric, 'customer' as entity_type, {{ keys }}, net_revenue as amount from customer_revenue
    union all
    select 'arpu' as metric, 'customer' as entity_type, {{ keys }}, -late_net_revenue as amount from late

),

closed_periods as (

    select
        period_grain,
        period_start,
        {{ add_days('last_day', 1) }} as closed_on
    from periods

),

final as (

    select
        amounts.metric,
        amounts.period_grain,
        amounts.period_start,
        replaced_sets.segment_dimension,
        replaced_sets.segment_key,
        cast(sum(amounts.amount) as decimal(18, 2)) as reported_amount
    from amounts
    inner join closed_periods
        on
            amounts.period_grain = closed_periods.period_grain
            and amounts.period_start = closed_periods.period_start
    inner join replaced_sets
        on
            amounts.entity_type = replaced_sets.entity_type
            and amounts.segment_set_key = replaced_sets.segment_set_key
            and closed_periods.closed_on < replaced_sets.retired_on
            and (replaced_sets.in_force_from is null or closed_periods.closed_on >= replaced_sets.in_force_from)
    group by
        amounts.metric,
        amounts.period_grain,
        amounts.period_start,
        replaced_sets.segment_dimension,
        replaced_sets.segment_key

)

select * from final
