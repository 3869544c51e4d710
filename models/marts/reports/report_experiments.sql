with

exposures as (

    select
        *,
        experiment_id as subject_id,
        exposed_at as started_at
    from {{ ref('fct_experiment_exposures') }}

),

goals as (select * from {{ ref('conversion_goals') }} where subject_kind = 'experiment'),

planned as (

    select
        *,
        count(*) over (partition by experiment_id) as variants,
        cast(weight as {{ type_double() }}) / sum(weight) over (partition by experiment_id) as planned_share
    from {{ ref('experiment_splits') }}
    where weight > 0

),

goal_events as (select * from {{ ref('int_goal_events') }}),

customers as (select * from {{ ref('int_customer_first_days') }}),

days as (select * from {{ ref('int_periods') }} where period_grain = 'day'),

segments as (select * from {{ ref('int_customer_segments') }}),

segment_sets as (select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'),

outcomes as (

    {{ goal_conversions('exposures', ['experiment_id', 'variant']) }}

),

totals as (

    select
        experiment_id,
        variant,
        metric,
        segment_set_key,
        count(*) as exposed,
        sum(case when is_mature then 1 else 0 end) as n,
        sum(case when is_mature then has_converted else 0 end) as converted
    from outcomes
    group by experiment_id, variant, metric, segment_set_key

),

fanned_out as (

    {{ by_segment('totals', 'segment_sets', ['experiment_id', 'variant', 'metric'], ['exposed', 'n', 'converted']) }}

),

planned_experiments as (select distinct experiment_id from planned),

experiments as (

    select
        experiment_id,
        count(distinct variant) as exposed_variants,
        min(exposed_on) as first_exposed_on
    from exposures
    group by experiment_id

),

rated as (

    select
        fanned_out.*,
        experiments.first_exposed_on,
        coalesce(planned.variants, experiments.exposed_variants) as variants,
        case
            when planned_experiments.experiment_id is null then 1e0 / experiments.exposed_variants else planned.planned_share
        end as planned_share,
        {{ rate_with_interval('rate', 'fanned_out.converted', 'fanned_out.n') }}
    from fanned_out
    inner join experiments
        on fanned_out.experiment_id = experiments.experiment_id
    left join planned_experiments
        on fanned_out.experiment_id = planned_experiments.experiment_id
    left join planned
        on fanned_out.experiment_id = planned.experiment_id and fanned_out.variant = planned.variant

),

{% set per_group = 'partition by experiment_id, metric, segment_dimension, segment_key' -%}
{% set control = "'" ~ var('experiment_control_variant') ~ "'" -%}
compared as (

    -- Pearson's statistic against the planned shares; a variant nobody was exposed to adds nothing to the sum of squares
    select
        *,
        {% for column in ['rate', 'rate_ci_low', 'rate_ci_high'] -%}
        case
            when variant <> {{ control }} then max(case when variant = {{ control }} then {{ column }} end) over ({{ per_group }})
        end as control_{{ column }},
        {% endfor -%}
        sum(exposed * exposed / planned_share) over ({{ per_group }}) / sum(exposed) over ({{ per_group }})
        - sum(exposed) over ({{ per_group }}) as statistic,
        count(*) over ({{ per_group }}) > count(planned_share) over ({{ per_group }}) as has_unplanned
    from rated

),

lifted as (

    select
        *,
        {{ difference_with_interval('lift', 'rate', 'control_rate') }}
    from compared

),

{% set p_value = chi_square_p_value('greatest(statistic, 0e0)', 'variants - 1') -%}
final as (

    select
        'experiment' as period_grain,
        first_exposed_on as period_start,
        segment_dimension,
        segment_key,
        experiment_id,
        variant,
        metric,
        {% for column in ['exposed', 'n', 'converted'] -%}
        cast({{ column }} as bigint) as {{ column }},
        {% endfor -%}
        {% for column in ['rate', 'rate_ci_low', 'rate_ci_high', 'is_small_n', 'control_rate', 'lift'] -%}
        {{ column }},
        {% endfor -%}
        lift_ci_low as ci_low,
        lift_ci_high as ci_high,
        planned_share,
        case when has_unplanned then 0 else round({{ p_value }}, 6) end as sample_ratio_p_value,
        {{ as_of_date() }} as as_of_date
    from lifted

)

select * from final
