with

exposures as (

    select
        *,
        experiment_id as subject_id,
        exposed_at as started_at
    from {{ ref('fct_experiment_exposures') }}

),

goals as (select * from {{ ref('conversion_goals') }} where subject_kind = 'experiment'),

events as (

    select * from {{ ref('int_events') }} where event_date <= {{ as_of_date() }}

),

sessions as (select * from {{ ref('int_sessions') }}),

customers as (select * from {{ ref('int_customer_first_days') }}),

days as (select * from {{ ref('int_periods') }} where period_grain = 'day'),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

goal_events as (

    {{ goal_events() }}

),

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

    {{ by_segment('totals', ['experiment_id', 'variant', 'metric'], ['exposed', 'n', 'converted']) }}

),

experiments as (

    select
        experiment_id,
        count(distinct variant) as variants,
        min(exposed_on) as first_exposed_on
    from exposures
    group by experiment_id

),

rated as (

    select
        fanned_out.*,
        experiments.variants,
        experiments.first_exposed_on,
        {{ rate_with_interval('rate', 'fanned_out.converted', 'fanned_out.n') }}
    from fanned_out
    inner join experiments
        on fanned_out.experiment_id = experiments.experiment_id

),

{% set control = "'" ~ var('experiment_control_variant') ~ "'" -%}
compared as (

    -- Pearson's statistic against equal shares; a variant nobody was exposed to adds nothing to the sum of squares
    select
        *,
        {% for column in ['rate', 'rate_ci_low', 'rate_ci_high'] -%}
        case
            when variant <> {{ control }} then max(case when variant = {{ control }} then {{ column }} end) over per_group
        end as control_{{ column }},
        {% endfor -%}
        cast(variants * sum(exposed * exposed) over per_group as double) / sum(exposed) over per_group
        - sum(exposed) over per_group as statistic
    from rated
    window per_group as (partition by experiment_id, metric, segment_dimension, segment_key)

),

lifted as (

    select
        *,
        {{ difference_with_interval('lift', 'rate', 'control_rate') }}
    from compared

),

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
        rate,
        rate_ci_low,
        rate_ci_high,
        is_small_n,
        control_rate,
        lift,
        lift_ci_low as ci_low,
        lift_ci_high as ci_high,
        {{ chi_square_p_value('statistic', 'variants - 1') }} as sample_ratio_p_value,
        {{ as_of_date() }} as as_of_date
    from lifted

)

select * from final
