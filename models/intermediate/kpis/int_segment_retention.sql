with

cells as (

    select * from {{ ref('int_retention_cells') }} where cell_kind = 'period'

),

periods as (

    select * from {{ ref('int_periods') }}

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

{% set cohort = ['cohort_basis', 'window_kind', 'period_grain', 'cohort_start'] -%}
{% set segmented = cohort + ['segment_dimension', 'segment_key'] -%}
{% set from_here_on = 'partition by grid.' ~ segmented | join(', grid.')
    ~ ' order by grid.period_number desc rows between unbounded preceding and current row' -%}
fanned_out as (

    {{ by_segment('cells', 'segment_sets', cohort + ['period_number'], ['members', 'active', 'last_active', 'last_complete']) }}

),

cohorts as (

    select
        fanned_out.*,
        periods.period_index as cohort_index
    from fanned_out
    inner join periods
        on
            fanned_out.period_grain = periods.period_grain
            and fanned_out.cohort_start = periods.period_start
    where
        fanned_out.period_number = 0
        and fanned_out.members > 0

),

grid as (

    -- every period number that has begun, including those without any return
    select
        {% for column in segmented -%}
        cohorts.{{ column }},
        {% endfor -%}
        cohorts.members as cohort_size,
        periods.period_index - cohorts.cohort_index as period_number,
        periods.as_of_date
    from cohorts
    inner join periods
        on
            cohorts.period_grain = periods.period_grain
            and cohorts.cohort_index <= periods.period_index
            and cohorts.cohort_index + {{ retention_limit('cohorts.period_grain') }} >= periods.period_index

),

final as (

    select
        {% for column in segmented -%}
        grid.{{ column }},
        {% endfor -%}
        grid.period_number,
        grid.cohort_size,
        coalesce(fanned_out.active, 0) as active,
        sum(coalesce(fanned_out.last_active, 0)) over ({{ from_here_on }}) as active_from_here_on,
        sum(coalesce(fanned_out.last_complete, 0)) over ({{ from_here_on }}) as eligible,
        grid.as_of_date
    from grid
    left join fanned_out
        on
            grid.period_number = fanned_out.period_number
            {% for column in segmented -%}
            and grid.{{ column }} = fanned_out.{{ column }}
            {% endfor %}

)

select * from final
