{#- Why a metric moved. Each is an amount over a population; a ratio is told as the quotient, the others as the amount. -#}
{%- set metrics = {
    'mrr': {'from': 'mrr', 'amount': 'closing_mrr', 'population': 'exposed', 'is_ratio': false},
    'active_customers': {'from': 'lifecycle', 'amount': 'active_customers', 'population': 'known', 'is_ratio': false},
    'arpu': {'from': 'arpu', 'amount': 'net_revenue', 'population': 'active_customers', 'is_ratio': true},
    'churn_rate': {'from': 'mrr', 'amount': 'lost_of_opening', 'population': 'live_at_start', 'is_ratio': true},
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

late as (select * from {{ ref('int_late_figures') }}),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

replaced as (select * from {{ ref('int_replaced_figures') }}),

late_figures as (

    {{ by_segment('late', ['period_grain', 'period_start'], ['late_active_customers', 'late_net_revenue']) }}

),

mrr as (

    select
        churn.*,
        movements.closing_mrr,
        0 as late_amount,
        0 as late_population
    from churn
    inner join movements
        on {{ same_segment_period('churn', 'movements') }}

),

lifecycle as (

    select
        lifecycle_figures.*,
        coalesce(late_figures.late_active_customers, 0) as late_amount,
        0 as late_population
    from lifecycle_figures
    left join late_figures
        on {{ same_segment_period('lifecycle_figures', 'late_figures') }}

),

arpu as (

    select
        arpu_figures.*,
        coalesce(late_figures.late_net_revenue, 0) as late_amount,
        coalesce(late_figures.late_active_customers, 0) as late_population
    from arpu_figures
    left join late_figures
        on {{ same_segment_period('arpu_figures', 'late_figures') }}

),

figures as (

    {% for metric, parts in metrics.items() -%}
    select
        '{{ metric }}' as metric,
        {{ parts.is_ratio | lower }} as is_ratio,
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        is_complete,
        cast({{ parts.amount }} as decimal(18, 2)) as amount,
        cast({{ parts.population }} as bigint) as population,
        cast(late_amount as decimal(18, 2)) as late_amount,
        cast(late_population as bigint) as late_population,
        as_of_date
    from {{ parts.from }}
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

    {{ definition_rows() }}

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
