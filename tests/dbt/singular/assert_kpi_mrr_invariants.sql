{#-
    Opening + movements = closing in every segment; of the total, what a period closes with the next opens with; the accounts of
    the churn table and of the MRR table are the same.
-#}
with

movements as (

    select * from {{ ref('kpi_mrr_movements') }}

),

churn as (

    select * from {{ ref('kpi_churn') }}

),

arpu as (

    select * from {{ ref('kpi_arpu') }}

),

mrr_totals as (

    select
        *,
        lag(closing_mrr) over (partition by period_grain order by period_start) as closing_before
    from movements
    where segment_dimension = 'all'

),

account_totals as (

    select
        *,
        lag(closing_accounts) over (partition by period_grain order by period_start) as live_before
    from churn
    where segment_dimension = 'all'

),

final as (

    select
        period_grain,
        period_start,
        'opening and movements are not the closing MRR' as failure
    from movements
    where
        opening_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr + fx_mrr <> closing_mrr
        or grr + gross_revenue_churn_rate not between 0.999999 and 1.000001
    union all
    select
        period_grain,
        period_start,
        'the period does not open with what the last closed with' as failure
    from mrr_totals
    where opening_mrr <> coalesce(closing_before, 0)
    union all
    select
        period_grain,
        period_start,
        'accounts of the start, won and lost are not those of the end' as failure
    from churn
    where
        exposed_accounts - churned_accounts <> closing_accounts
        or voluntary_churned_accounts + involuntary_churned_accounts <> churned_accounts
        or churned_opening_accounts > opening_accounts
    union all
    select
        period_grain,
        period_start,
        'accounts at the start are not those of the last end' as failure
    from account_totals
    where opening_accounts <> coalesce(live_before, 0)
    union all
    select
        churn.period_grain,
        churn.period_start,
        'paying accounts or their MRR differ between tables' as failure
    from churn
    inner join arpu
        on {{ same_segment_period('churn', 'arpu') }}
    inner join movements
        on {{ same_segment_period('churn', 'movements') }}
    where
        churn.closing_accounts <> arpu.paying_accounts
        or movements.closing_mrr <> arpu.closing_mrr

)

select * from final
