with

attribution as (

    select
        *,
        min(period_start) over (partition by period_grain) as second_period
    from {{ ref('kpi_change_attribution') }}
    where metric = '{{ var("north_star_metric") }}'

),

{% set effects = ['behaviour', 'mix', 'volume', 'restatement', 'definition'] -%}
figures as (

    select
        metric,
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        is_complete,
        value_after as metric_value,
        value_before,
        value_change,
        {% for effect in effects -%}
        {{ effect }}_effect,
        {% endfor -%}
        as_of_date
    from attribution
    union all
    -- the first period has no change; its value is in the change to the second
    select
        metric,
        period_grain,
        case
            when period_grain = 'week' then {{ period_start('week', add_days('period_start', -1)) }}
            else {{ period_start('month', add_days('period_start', -1)) }}
        end as period_start,
        segment_dimension,
        segment_key,
        true as is_complete,
        value_before_restated as metric_value,
        null as value_before,
        null as value_change,
        {% for effect in effects -%}
        null as {{ effect }}_effect,
        {% endfor -%}
        as_of_date
    from attribution
    where period_start = second_period

),

targets as (

    select
        *,
        lead(valid_from) over (
            partition by metric, period_grain, segment_dimension, segment_key order by valid_from
        ) as valid_to
    from {{ ref('north_star_targets') }}
    where metric = '{{ var("north_star_metric") }}'

),

final as (

    select
        figures.metric,
        figures.period_grain,
        figures.period_start,
        figures.segment_dimension,
        figures.segment_key,
        figures.is_complete,
        figures.metric_value,
        cast(targets.target as decimal(18, 2)) as target,
        {{ safe_divide('figures.metric_value', 'targets.target') }} as target_attainment,
        figures.value_before,
        figures.value_change,
        {% for effect in effects -%}
        figures.{{ effect }}_effect,
        {% endfor -%}
        figures.as_of_date
    from figures
    left join targets
        on
            figures.period_grain = targets.period_grain
            and figures.segment_dimension = targets.segment_dimension
            and figures.segment_key = targets.segment_key
            and figures.period_start >= targets.valid_from
            and (targets.valid_to is null or figures.period_start < targets.valid_to)

)

select * from final
