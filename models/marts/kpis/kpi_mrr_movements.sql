with

account_periods as (

    select * from {{ ref('int_account_periods') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'account'

),

{% set amounts = [
    'opening_mrr', 'new_mrr', 'expansion_mrr', 'contraction_mrr', 'churned_mrr', 'reactivation_mrr', 'closing_mrr',
    'opening_expansion_mrr', 'opening_contraction_mrr', 'opening_churned_mrr',
] -%}
totals as (

    -- the rates compare an opening with what became of the same accounts, not of those that came later
    select
        period_grain,
        period_start,
        segment_set_key,
        count(case when opening_mrr > 0 then 1 end) as opening_accounts,
        sum(opening_mrr) as opening_mrr,
        sum(new_mrr) as new_mrr,
        sum(expansion_mrr) as expansion_mrr,
        sum(contraction_mrr) as contraction_mrr,
        sum(churn_mrr) as churned_mrr,
        sum(reactivation_mrr) as reactivation_mrr,
        sum(closing_mrr) as closing_mrr,
        sum(case when opening_mrr > 0 then expansion_mrr else 0 end) as opening_expansion_mrr,
        sum(case when opening_mrr > 0 then contraction_mrr else 0 end) as opening_contraction_mrr,
        sum(case when opening_mrr > 0 then churn_mrr else 0 end) as opening_churned_mrr
    from account_periods
    group by period_grain, period_start, segment_set_key

),

fanned_out as (

    {{ by_segment('totals', ['period_grain', 'period_start'], amounts + ['opening_accounts']) }}

),

counted as (

    {{ on_segment_grid('periods', 'fanned_out', {'decimal(18, 2)': amounts, 'bigint': ['opening_accounts']}) }}

),

summed as (

    select
        *,
        cast(new_mrr + expansion_mrr + reactivation_mrr as decimal(18, 2)) as gained_mrr,
        cast(contraction_mrr + churned_mrr as decimal(18, 2)) as lost_mrr,
        cast(opening_contraction_mrr + opening_churned_mrr as decimal(18, 2)) as opening_lost_mrr
    from counted

),

final as (

    select
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        is_complete,
        opening_accounts,
        {% for column in amounts -%}
        {{ column }},
        {% endfor -%}
        gained_mrr,
        lost_mrr,
        opening_lost_mrr,
        {{ safe_divide('gained_mrr', 'lost_mrr') }} as quick_ratio,
        {{ safe_divide('new_mrr + expansion_mrr', 'lost_mrr') }} as quick_ratio_without_reactivation,
        {{ safe_divide('lost_mrr', 'opening_mrr') }} as all_gross_mrr_churn_rate,
        {{ safe_divide('lost_mrr - expansion_mrr - reactivation_mrr', 'opening_mrr') }} as all_net_mrr_churn_rate,
        {{ safe_divide('opening_lost_mrr', 'opening_mrr') }} as gross_revenue_churn_rate,
        {{ safe_divide('opening_lost_mrr - opening_expansion_mrr', 'opening_mrr') }} as net_revenue_churn_rate,
        {{ safe_divide('opening_mrr - opening_lost_mrr', 'opening_mrr') }} as grr,
        {{ safe_divide('opening_mrr + opening_expansion_mrr - opening_lost_mrr', 'opening_mrr') }} as nrr,
        {{ is_small_n('opening_accounts') }} as is_small_n,
        as_of_date
    from summed

)

select * from final
