with

activations as (

    select * from {{ ref('int_segment_activations') }}

),

grid as (

    select * from {{ ref('int_segment_grid') }} where period_grain in ('week', 'month')

),

counted as (

    select
        {% for column in ['signups', 'eligible', 'activated', 'reached_value'] -%}
        cast(coalesce(activations.{{ column }}, 0) as bigint) as {{ column }},
        {% endfor -%}
        activations.time_to_value_p50_days,
        activations.time_to_value_p75_days,
        activations.time_to_value_p90_days,
        grid.*
    from grid
    left join activations
        on
            {{ same_segment_period('grid', 'activations') }}
            and grid.entity_type = activations.entity_type

),

final as (

    select
        entity_type,
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        is_complete,
        signups,
        eligible,
        eligible = signups as is_mature,
        activated,
        {{ rate_with_interval('activation_rate', 'activated', 'eligible') }},
        reached_value,
        cast(time_to_value_p50_days as {{ type_double() }}) as time_to_value_p50_days,
        cast(time_to_value_p75_days as {{ type_double() }}) as time_to_value_p75_days,
        cast(time_to_value_p90_days as {{ type_double() }}) as time_to_value_p90_days,
        as_of_date
    from counted

)

select * from final
