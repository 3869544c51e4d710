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

flagged as (

    select
        period_grain,
        period_start,
        segment_set_key,
        opening_mrr > 0 as is_opening,
        closing_mrr = 0 as is_lost,
        is_new,
        opening_mrr = 0 and not is_new as is_reactivated,
        is_involuntary
    from account_periods

),

{% set counts = [
    'opening_accounts', 'churned_opening_accounts', 'new_accounts', 'reactivated_accounts', 'churned_accounts', 'involuntary_churned_accounts', 'closing_accounts',
] -%}
totals as (

    -- an account that came and went within the period is among the lost, though not among those of the opening
    select
        period_grain,
        period_start,
        segment_set_key,
        sum(case when is_opening then 1 else 0 end) as opening_accounts,
        sum(case when is_opening and is_lost then 1 else 0 end) as churned_opening_accounts,
        sum(case when is_new then 1 else 0 end) as new_accounts,
        sum(case when is_reactivated then 1 else 0 end) as reactivated_accounts,
        sum(case when is_lost then 1 else 0 end) as churned_accounts,
        sum(case when is_lost and is_involuntary then 1 else 0 end) as involuntary_churned_accounts,
        sum(case when is_lost then 0 else 1 end) as closing_accounts
    from flagged
    group by period_grain, period_start, segment_set_key

),

fanned_out as (

    {{ by_segment('totals', ['period_grain', 'period_start'], counts) }}

),

counted as (

    {{ on_segment_grid('periods', 'fanned_out', {'bigint': counts}) }}

),

final as (

    select
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        is_complete,
        opening_accounts,
        churned_opening_accounts,
        new_accounts,
        reactivated_accounts,
        churned_accounts,
        opening_accounts + new_accounts + reactivated_accounts as exposed_accounts,
        closing_accounts,
        {{ rate_with_interval('churn_rate_opening', 'churned_opening_accounts', 'opening_accounts') }},
        {{ rate_with_interval(
            'churn_rate_exposed', 'churned_accounts', '(opening_accounts + new_accounts + reactivated_accounts)', flag=none
        ) }},
        {{ safe_divide('2 * churned_accounts', 'opening_accounts + closing_accounts') }} as churn_rate_average,
        churned_accounts - involuntary_churned_accounts as voluntary_churned_accounts,
        involuntary_churned_accounts,
        as_of_date
    from counted

)

select * from final
