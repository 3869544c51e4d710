with

curves as (

    select * from {{ ref('int_segment_retention') }}

),

cells as (

    select * from {{ ref('int_retention_cells') }} where cell_kind = 'bracket'

),

brackets as (

    select * from {{ ref('retention_brackets') }}

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

{% set cohort = ['cohort_basis', 'window_kind', 'period_grain', 'cohort_start'] -%}
{% set segmented = cohort + ['segment_dimension', 'segment_key'] -%}
bracket_returns as (

    {{ by_segment('cells', 'segment_sets', cohort + ['period_number'], ['active']) }}

),

counted as (

    {% for kind, measure in [('on_period', 'active'), ('unbounded', 'active_from_here_on')] -%}
    select
        {{ segmented | join(',\n        ') }},
        '{{ kind }}' as retention_kind,
        period_number,
        period_number as bracket_from,
        {{ 'period_number' if kind == 'on_period' else 'cast(null as integer)' }} as bracket_to,
        cohort_size,
        eligible,
        {{ measure }} as retained,
        lag({{ measure }}) over (partition by {{ segmented | join(', ') }} order by period_number) as retained_previous,
        as_of_date
    from curves
    union all
    {% endfor -%}
    -- a bracket shows as soon as it has begun and is judged when its last period is complete
    select
        {% for column in segmented -%}
        opened.{{ column }},
        {% endfor -%}
        'bracket' as retention_kind,
        brackets.bracket_number as period_number,
        brackets.bracket_from,
        brackets.bracket_to,
        opened.cohort_size,
        coalesce(closed.eligible, 0) as eligible,
        coalesce(bracket_returns.active, 0) as retained,
        cast(null as bigint) as retained_previous,
        opened.as_of_date
    from brackets
    inner join curves as opened
        on
            brackets.bracket_from = opened.period_number
            and brackets.bracket_to <= {{ retention_limit('opened.period_grain') }}
    left join curves as closed
        on
            brackets.bracket_to = closed.period_number
            {% for column in segmented -%}
            and opened.{{ column }} = closed.{{ column }}
            {% endfor %}
    left join bracket_returns
        on
            brackets.bracket_number = bracket_returns.period_number
            {% for column in segmented -%}
            and opened.{{ column }} = bracket_returns.{{ column }}
            {% endfor %}
),

judged as (

    select
        *,
        eligible = cohort_size as is_mature
    from counted

),

final as (

    select
        cohort_basis,
        retention_kind,
        window_kind,
        period_grain,
        cohort_start,
        cohort_start as period_start,
        segment_dimension,
        segment_key,
        cast(period_number as bigint) as period_number,
        cast(bracket_from as bigint) as bracket_from,
        cast(bracket_to as bigint) as bracket_to,
        cast(cohort_size as bigint) as cohort_size,
        cast(eligible as bigint) as eligible,
        is_mature,
        cast(case when is_mature then retained end as bigint) as retained,
        {{ rate_with_interval('retention_rate', 'case when is_mature then retained end', 'eligible') }},
        cast(case when is_mature then retained_previous end as bigint) as retained_previous,
        case when is_mature then {{ safe_divide('retained', 'retained_previous') }} end as retention_of_previous,
        as_of_date
    from judged

)

select * from final
