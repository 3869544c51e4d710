{#- Numerators and denominators of every figure of paying accounts, each counted once, here. -#}
with

account_periods as (

    select * from {{ ref('int_account_periods') }}

),

final as (

    -- rates follow the opening accounts only, not those that joined later
    select
        period_grain,
        period_start,
        segment_set_key,
        sum(opening_mrr) as opening_mrr,
        sum(new_mrr) as new_mrr,
        sum(expansion_mrr) as expansion_mrr,
        sum(contraction_mrr) as contraction_mrr,
        sum(churn_mrr) as churned_mrr,
        sum(reactivation_mrr) as reactivation_mrr,
        sum(fx_mrr) as fx_mrr,
        sum(closing_mrr) as closing_mrr,
        sum(case when is_opening then expansion_mrr else 0 end) as opening_expansion_mrr,
        sum(case when is_opening then contraction_mrr else 0 end) as opening_contraction_mrr,
        sum(case when is_opening then churn_mrr else 0 end) as opening_churned_mrr,
        sum(reported_closing_mrr) as reported_closing_mrr,
        count(case when is_opening then 1 end) as opening_accounts,
        count(case when is_opening and is_churned then 1 end) as churned_opening_accounts,
        count(case when is_new then 1 end) as new_accounts,
        count(case when is_reactivated then 1 end) as reactivated_accounts,
        count(case when is_opening or is_new or is_reactivated then 1 end) as exposed_accounts,
        count(case when is_churned then 1 end) as churned_accounts,
        count(case when is_churned and is_involuntary then 1 end) as involuntary_churned_accounts,
        count(case when is_closing then 1 end) as closing_accounts,
        count(case when is_reported_opening then 1 end) as reported_opening_accounts,
        count(case when is_reported_churned_opening then 1 end) as reported_churned_opening_accounts
    from account_periods
    group by period_grain, period_start, segment_set_key

)

select * from final
