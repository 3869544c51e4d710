with

exposures as (

    select
        *,
        experiment_id as subject_id,
        exposed_at as started_at
    from {{ ref('fct_experiment_exposures') }}

),

goals as (

    select * from {{ ref('conversion_goals') }} where subject_kind = 'experiment'

),

events as (

    select * from {{ ref('int_events') }} where event_date <= {{ as_of_date() }}

),

sessions as (

    select * from {{ ref('int_sessions') }}

),

customers as (

    select * from {{ ref('int_customer_first_days') }}

),

days as (

    select * from {{ ref('int_periods') }} where period_grain = 'day'

),

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

compared as (

    -- Pearson's statistic against equal shares; a variant without a row of its own has none
    select
        fanned_out.*,
        experiments.first_exposed_on,
        experiments.variants - 1 as degrees,
        cast(experiments.variants * sum(fanned_out.exposed * fanned_out.exposed) over per_group as double)
        / sum(fanned_out.exposed) over per_group - sum(fanned_out.exposed) over per_group as statistic,
        {% set control = "'" ~ var('experiment_control_variant') ~ "'" -%}
        {% for column in ['n', 'converted'] -%}
        case when fanned_out.variant <> {{ control }} then
            max(case when fanned_out.variant = {{ control }} then fanned_out.{{ column }} end) over per_group
        end as control_{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from fanned_out
    inner join experiments
        on fanned_out.experiment_id = experiments.experiment_id
    window per_group as (
        partition by
            fanned_out.experiment_id, fanned_out.metric, fanned_out.segment_dimension, fanned_out.segment_key
    )

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
        cast(exposed as bigint) as exposed,
        cast(n as bigint) as n,
        cast(converted as bigint) as converted,
        {{ rate_with_interval('rate', 'converted', 'n') }},
        cast(control_n as bigint) as control_n,
        cast(control_converted as bigint) as control_converted,
        {{ difference_with_interval('converted', 'n', 'control_converted', 'control_n') }},
        {{ chi_square_p_value('statistic', 'degrees') }} as sample_ratio_p_value,
        {{ as_of_date() }} as as_of_date
    from compared

)

select * from final
