with

attribution as (

    select * from {{ ref('kpi_change_attribution') }} where metric = '{{ var("north_star_metric") }}'

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
        attribution.metric,
        attribution.period_grain,
        attribution.period_start,
        attribution.segment_dimension,
        attribution.segment_key,
        attribution.is_complete,
        attribution.value_after as metric_value,
        cast(targets.target as decimal(18, 2)) as target,
        {{ safe_divide('attribution.value_after', 'targets.target') }} as target_attainment,
        attribution.value_before,
        attribution.value_change,
        {% for effect in ['behaviour', 'mix', 'volume', 'restatement', 'definition'] -%}
        attribution.{{ effect }}_effect,
        {% endfor -%}
        attribution.as_of_date
    from attribution
    left join targets
        on
            attribution.period_grain = targets.period_grain
            and attribution.segment_dimension = targets.segment_dimension
            and attribution.segment_key = targets.segment_key
            and attribution.period_start >= targets.valid_from
            and (targets.valid_to is null or attribution.period_start < targets.valid_to)

)

select * from final
