{#- Why a metric moved. Each is an amount over a population, with what arrived late of both; a ratio is told as the quotient. -#}
{%- set metrics = {
    'mrr': ['account_figures', 'closing_mrr', 'exposed_accounts', 'late_mrr', '0'],
    'active_customers': ['lifecycle_figures', 'active_customers', 'known', 'late_active_customers', '0'],
    'arpu': ['arpu_figures', 'net_revenue', 'active_customers', 'late_net_revenue', 'late_active_customers'],
    'churn_rate': ['account_figures', 'churned_opening_accounts', 'opening_accounts', 'late_churned_opening_accounts', 'late_opening_accounts'],
} -%}
with

movements as (select * from {{ ref('kpi_mrr_movements') }}),

churn as (select * from {{ ref('kpi_churn') }}),

arpu_figures as (select * from {{ ref('kpi_arpu') }}),

lifecycle_figures as (

    select
        *,
        new + current + resurrected + dormant + inactive + never_active as known
    from {{ ref('kpi_lifecycle') }}
    where
        never_active is not null
        and period_grain <> 'day'

),

late as (select * from {{ ref('int_customer_metric_restatements') }}),

late_accounts as (select * from {{ ref('int_account_metric_restatements') }}),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

account_segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'account'

),

replaced as (select * from {{ ref('int_metric_previous_definitions') }}),

account_figures as (

    select
        churn.*,
        movements.closing_mrr
    from churn
    inner join movements
        on {{ same_segment_period('churn', 'movements') }}

),

late_figures as (

    {{ by_segment('late', ['period_grain', 'period_start'], ['late_active_customers', 'late_net_revenue']) }}

),

late_account_figures as (

    {{ by_segment(
        'late_accounts',
        ['period_grain', 'period_start'],
        ['late_mrr', 'late_opening_accounts', 'late_churned_opening_accounts'],
        sets='account_segment_sets'
    ) }}

),

figures as (

    {% for metric, (relation, amount, population, late_amount, late_population) in metrics.items() -%}
    {% set late_relation = 'late_account_figures' if relation == 'account_figures' else 'late_figures' -%}
    select
        '{{ metric }}' as metric,
        {{ 'true' if metric in ['arpu', 'churn_rate'] else 'false' }} as is_ratio,
        {{ relation }}.period_grain,
        {{ relation }}.period_start,
        {{ relation }}.segment_dimension,
        {{ relation }}.segment_key,
        {{ relation }}.is_complete,
        cast({{ relation }}.{{ amount }} as decimal(18, 2)) as amount,
        cast({{ relation }}.{{ population }} as bigint) as population,
        cast(coalesce({{ late_amount }}, 0) as decimal(18, 2)) as late_amount,
        cast(coalesce({{ late_population }}, 0) as bigint) as late_population,
        {{ relation }}.as_of_date
    from {{ relation }}
    left join {{ late_relation }}
        on {{ same_segment_period(relation, late_relation) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

as_reported as (

    {{ figures_as_reported('figures', 'replaced') }}

),

attributed as (

    {{ attributed_change('as_reported') }}

),

definitions as (

    select * from {{ ref('dimension_definitions') }} where retired_on is null

),

final as (

    select
        attributed.metric,
        attributed.period_grain,
        attributed.period_start,
        attributed.segment_dimension,
        attributed.segment_key,
        attributed.is_complete,
        cast(attributed.reported_before as decimal(18, 6)) as value_before,
        cast(attributed.now_known_before as decimal(18, 6)) as value_before_restated,
        cast(attributed.now_known as decimal(18, 6)) as value_after,
        cast(attributed.now_known - attributed.reported_before as decimal(18, 6)) as value_change,
        attributed.behaviour as behaviour_effect,
        attributed.mix as mix_effect,
        attributed.volume as volume_effect,
        attributed.restatement as restatement_effect,
        attributed.definition as definition_effect,
        definitions.definition_hash,
        attributed.as_of_date
    from attributed
    left join definitions
        on attributed.segment_dimension = definitions.dimension

)

select * from final
