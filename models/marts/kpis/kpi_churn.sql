with

components as (

    select * from {{ ref('int_account_metric_components') }}

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'account'

),

segment_grid as (

    select * from {{ ref('int_segment_grid') }}
    where
        entity_type = 'account'
        and period_grain in ('week', 'month')

),

{% set counts = [
    'opening_accounts', 'churned_opening_accounts', 'new_accounts', 'reactivated_accounts', 'churned_accounts', 'exposed_accounts',
    'involuntary_churned_accounts', 'closing_accounts',
] -%}
fanned_out as (

    {{ by_segment('components', 'segment_sets', ['period_grain', 'period_start'], counts) }}

),

counted as (

    {{ on_segment_grid('segment_grid', 'fanned_out', {'bigint': counts}) }}

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
        exposed_accounts,
        closing_accounts,
        {{ rate_with_interval('churn_rate_opening', 'churned_opening_accounts', 'opening_accounts') }},
        {{ rate_with_interval('churn_rate_exposed', 'churned_accounts', 'exposed_accounts', flag=none) }},
        {{ safe_divide('2 * churned_accounts', 'opening_accounts + closing_accounts') }} as churn_rate_average,
        churned_accounts - involuntary_churned_accounts as voluntary_churned_accounts,
        involuntary_churned_accounts,
        as_of_date
    from counted

)

select * from final
