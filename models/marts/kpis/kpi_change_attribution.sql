{#- Why a metric moved. Each is a numerator over a denominator: as now known, and as a reader of the closed period saw them.
    `active_customers` and `mrr` are the numerator alone, over the population that it comes from. -#}
{%- set metrics = {
    'mrr': ['account', false, 'closing_mrr', 'exposed_accounts', 'reported_closing_mrr', 'exposed_accounts'],
    'active_customers': ['customer', false, 'active_customers', 'known_customers', 'reported_active_customers', 'known_customers'],
    'arpu': ['customer', true, 'net_revenue', 'active_customers', 'reported_net_revenue', 'reported_active_customers'],
    'churn_rate': [
        'account', true, 'churned_opening_accounts', 'opening_accounts', 'reported_churned_opening_accounts', 'reported_opening_accounts',
    ],
} -%}
with

account_components as (select * from {{ ref('int_account_metric_components') }}),

customer_components as (select * from {{ ref('int_customer_metric_components') }}),

periods as (select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')),

segment_sets as (select * from {{ ref('int_metric_segment_sets') }}),

segment_grid as (select * from {{ ref('int_segment_grid') }} where period_grain in ('week', 'month')),

previous_sets as (select * from {{ ref('int_segment_set_previous_definitions') }}),

components as (

    {% for metric, (entity, is_ratio, numerator, denominator, reported_numerator, reported_denominator) in metrics.items() -%}
    select
        '{{ metric }}' as metric,
        '{{ entity }}' as entity_type,
        period_grain,
        period_start,
        segment_set_key,
        {{ numerator }} as numerator,
        {{ denominator }} as denominator,
        {{ reported_numerator }} as reported_numerator,
        {{ reported_denominator }} as reported_denominator
    from {{ entity }}_components
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

fanned_out as (

    select
        components.metric,
        components.period_grain,
        components.period_start,
        segment_sets.segment_dimension,
        segment_sets.segment_key,
        sum(components.numerator) as numerator,
        sum(components.denominator) as denominator,
        sum(components.reported_numerator) as reported_numerator,
        sum(components.reported_denominator) as reported_denominator
    from components
    inner join segment_sets
        on
            components.entity_type = segment_sets.entity_type
            and components.segment_set_key = segment_sets.segment_set_key
    group by 1, 2, 3, 4, 5

),

figures as (

    {% for metric, (entity, is_ratio, _, _, _, _) in metrics.items() -%}
    select
        '{{ metric }}' as metric,
        {{ is_ratio | lower }} as is_ratio,
        segment_grid.period_grain,
        segment_grid.period_start,
        segment_grid.segment_dimension,
        segment_grid.segment_key,
        segment_grid.is_complete,
        cast(coalesce(fanned_out.numerator, 0) as decimal(18, 2)) as amount,
        cast(coalesce(fanned_out.denominator, 0) as bigint) as population,
        cast(coalesce(fanned_out.numerator - fanned_out.reported_numerator, 0) as decimal(18, 2)) as late_amount,
        cast(coalesce(fanned_out.denominator - fanned_out.reported_denominator, 0) as bigint) as late_population,
        segment_grid.as_of_date
    from segment_grid
    left join fanned_out
        on
            fanned_out.metric = '{{ metric }}'
            and {{ same_segment_period('segment_grid', 'fanned_out') }}
    where
        segment_grid.entity_type = '{{ entity }}'
        {{ 'and segment_grid.segment_date is not null' if metric == 'active_customers' }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

replaced as (

    -- under the definition that held on the day after the period
    select
        components.metric,
        components.period_grain,
        components.period_start,
        previous_sets.segment_dimension,
        previous_sets.segment_key,
        cast(sum(components.reported_numerator) as decimal(18, 2)) as reported_amount
    from components
    inner join periods
        on
            components.period_grain = periods.period_grain
            and components.period_start = periods.period_start
    inner join previous_sets
        on
            components.entity_type = previous_sets.entity_type
            -- who has a segment through its account alone was unknown
            and greatest(components.segment_set_key, 0) = previous_sets.segment_set_key
            and {{ add_days('periods.last_day', 1) }} < previous_sets.retired_on
            and (previous_sets.in_force_from is null or {{ add_days('periods.last_day', 1) }} >= previous_sets.in_force_from)
    group by 1, 2, 3, 4, 5

),

as_reported as ({{ figures_as_reported('figures', 'replaced') }}),

attributed as ({{ attributed_change('as_reported') }}),

definitions as (select * from {{ ref('dimension_definitions') }} where retired_on is null),

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
