{#- Active customers of a period, with their account's plan at its end. -#}
with

actives as (

    select * from {{ ref('int_customer_periods') }}
    where
        active_days > 0
        and period_grain in ('week', 'month')

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

known as (

    select * from {{ ref('int_customer_first_days') }}

),

accounts as (

    select * from {{ ref('int_accounts_as_of') }}

),

complete as (

    select
        period_grain,
        max(case when is_complete then period_index end) as last_complete_index
    from periods
    group by period_grain

),

final as (

    select
        actives.customer_key,
        actives.period_grain,
        actives.period_start,
        actives.segment_set_key,
        coalesce(accounts.plan_id, '') as plan_id,
        actives.period_index < complete.last_complete_index as has_complete_successor
    from actives
    inner join periods
        on
            actives.period_grain = periods.period_grain
            and actives.period_start = periods.period_start
    inner join complete
        on actives.period_grain = complete.period_grain
    inner join known
        on actives.customer_key = known.customer_key
    left join accounts
        on
            known.account_key = accounts.account_key
            and periods.last_day = accounts.as_of_date

)

select * from final
