{#-
    Active = new + current + resurrected, and = active of the period before - dormant + new + resurrected. Whoever was ever
    active before the period is current, resurrected, dormant or inactive in it.
-#}
with

lifecycle as (

    select * from {{ ref('kpi_lifecycle') }}

),

actives as (

    select * from {{ ref('kpi_active_customers') }}

),

totals as (

    select
        *,
        lag(active_customers, 1, 0) over (partition by period_grain order by period_start) as active_before,
        sum(new) over (
            partition by period_grain order by period_start rows between unbounded preceding and 1 preceding
        ) as ever_active_before
    from lifecycle
    where segment_dimension = 'all'

),

final as (

    select
        lifecycle.period_grain,
        lifecycle.period_start,
        'the states are not the active customers' as failure
    from lifecycle
    inner join actives
        on {{ same_segment_period('lifecycle', 'actives') }}
    where
        lifecycle.new + lifecycle.current + lifecycle.resurrected <> actives.active_customers
        or lifecycle.new <> actives.new_customers
    union all
    select
        period_grain,
        period_start,
        'the flow from the period before does not close' as failure
    from totals
    where
        active_customers <> active_before - dormant + new + resurrected
        or current + resurrected + dormant + inactive <> coalesce(ever_active_before, 0)
    union all
    select
        period_grain,
        period_start,
        'a stock is below zero' as failure
    from lifecycle
    where
        inactive < 0
        or never_active < 0

)

select * from final
