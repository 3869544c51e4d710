{%- set components = ['size', 'growth', 'arpu', 'clv', 'churn', 'expansion', 'cost_to_serve'] -%}
with

parts as (

    select * from {{ ref('segment_scorecard_parts') }}

),

weights as (

    select * from {{ ref('scorecard_weights') }}

),

pointed as (

    -- the share of the dimension's other segments that are worse; `unknown` is no target and stays out
    select
        parts.entity_type,
        parts.dimension,
        parts.segment_key,
        parts.component,
        parts.part_value,
        weights.weight,
        percent_rank() over (
            partition by parts.entity_type, parts.dimension, parts.component
            order by case when weights.is_better_high then parts.part_value else -parts.part_value end
        ) as points
    from parts
    inner join weights
        on parts.component = weights.component
    where
        parts.part_value is not null
        and parts.segment_key <> 'unknown'

),

scored as (

    select
        entity_type,
        dimension,
        segment_key,
        {% for component in components -%}
        max(case when component = '{{ component }}' then points end) as {{ component }}_points,
        {% endfor -%}
        cast(sum(weight) as {{ type_double() }}) as weight_known,
        sum(cast(points * weight as decimal(18, 9))) as points_weighted
    from pointed
    group by entity_type, dimension, segment_key

),

all_weights as (

    select sum(weight) as weight from weights

),

measured as (

    select
        {% for component in components -%}
        max(case when component = '{{ component }}' then part_value end) as {{ component }}_value,
        {% endfor -%}
        entity_type,
        dimension,
        segment_key
    from parts
    group by entity_type, dimension, segment_key

),

joined as (

    select
        measured.*,
        {% for component in components -%}
        scored.{{ component }}_points,
        {% endfor -%}
        {{ safe_divide('scored.weight_known', 'all_weights.weight') }} as coverage,
        {{ rounded('100 * ' ~ safe_divide('scored.points_weighted', 'scored.weight_known'), 2) }} as score
    from measured
    cross join all_weights
    left join scored
        on
            measured.entity_type = scored.entity_type
            and measured.dimension = scored.dimension
            and measured.segment_key = scored.segment_key

),

final as (

    select
        entity_type,
        dimension,
        segment_key,
        {% for component in components -%}
        {% if component in ['arpu', 'clv'] %}{{ money(component ~ '_value') }} as {% endif %}{{ component }}_value,
        cast({{ component }}_points as decimal(18, 6)) as {{ component }}_points,
        {% endfor -%}
        score,
        coverage,
        case
            when score is not null
                then cast(rank() over (partition by entity_type, dimension order by score desc nulls last) as integer)
        end as score_rank,
        {{ as_of_date() }} as as_of_date
    from joined

)

select * from final
