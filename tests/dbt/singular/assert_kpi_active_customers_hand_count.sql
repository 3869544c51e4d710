{#- Distinct customers of each month and of the 7 and 28 days that end with it, from customer-days; every day has a row. -#}
with

days as (

    select * from {{ ref('int_customer_days') }}

),

dates as (

    select * from {{ ref('int_dates') }}

),

actives as (

    select * from {{ ref('kpi_active_customers') }} where segment_dimension = 'all'

),

months as (

    select
        month_start,
        max(date_day) as last_day
    from dates
    group by month_start

),

counted as (

    select
        months.month_start,
        count(distinct case when days.activity_date >= months.month_start then days.customer_key end) as active_customers,
        count(distinct case when days.activity_date > {{ add_days('months.last_day', -7) }} then days.customer_key end) as wau,
        count(distinct case when days.activity_date > {{ add_days('months.last_day', -28) }} then days.customer_key end) as mau,
        count(case when days.activity_date > {{ add_days('months.last_day', -28) }} then 1 end) as customer_days_28d
    from months
    left join days
        on
            months.last_day >= days.activity_date
            and (
                months.month_start <= days.activity_date
                or days.activity_date > {{ add_days('months.last_day', -28) }}
            )
    group by months.month_start

),

final as (

    select
        counted.month_start as period_start,
        'a count differs' as failure
    from counted
    left join actives
        on
            actives.period_grain = 'month'
            and counted.month_start = actives.period_start
    where
        not {{ is_same('counted.active_customers', 'actives.active_customers') }}
        or not {{ is_same('counted.wau', 'actives.wau') }}
        or not {{ is_same('counted.mau', 'actives.mau') }}
        or not {{ is_same('counted.customer_days_28d', 'actives.customer_days_28d') }}
    union all
    select
        dates.date_day as period_start,
        'no row for the day' as failure
    from dates
    left join actives
        on
            actives.period_grain = 'day'
            and dates.date_day = actives.period_start
    where actives.period_start is null

)

select * from final
