with

components as (

    select * from {{ ref('int_account_metric_components') }}

),

segment_grid as (

    select * from {{ ref('int_segment_grid') }}
    where
        entity_type = 'account'
        and period_grain in ('week', 'month')

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'account'

),

{% set amounts = [
    'opening_mrr', 'new_mrr', 'expansion_mrr', 'contraction_mrr', 'churned_mrr', 'reactivation_mrr', 'fx_mrr', 'closing_mrr',
    'opening_expansion_mrr', 'opening_contraction_mrr', 'opening_churned_mrr',
] -%}
fanned_out as (

    {{ by_segment('components', 'segment_sets', ['period_grain', 'period_start'], amounts + ['opening_accounts']) }}

),

counted as (

    {{ on_segment_grid('segment_grid', 'fanned_out', {'decimal(18, 2)': amounts, 'bigint': ['opening_accounts']}) }}

),

summed as (

    select
        *,
        -- segments are those of the start of a period: an account that changed takes its MRR along
        cast(
            opening_mrr - coalesce(lag(closing_mrr) over (
                partition by period_grain, segment_dimension, segment_key order by period_start
            ), 0) as decimal(18, 2)
        ) as reclassified_mrr,
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
        reclassified_mrr,
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
