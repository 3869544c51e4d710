with

answers as (

    select * from {{ ref('fct_survey_responses') }}
    where
        survey_kind in ('csat', 'ces')
        and score_band <> 'no_score'

),

scales as (

    select * from {{ ref('survey_scales') }} where is_default

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

segment_grid as (

    select * from {{ ref('int_segment_grid') }}
    where
        entity_type = 'customer'
        and period_grain in ('week', 'month')

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

scored as (

    -- scores are converted to the default scale, so that a mean has one unit
    select
        answers.customer_id,
        answers.survey_kind,
        answers.responded_on,
        answers.score_band,
        cast(
            scales.scale_min + answers.score_share_of_scale * (scales.scale_max - scales.scale_min) as decimal(18, 6)
        ) as score
    from answers
    inner join scales
        on answers.survey_kind = scales.survey_kind

),

{% set counts, sums = [], [] -%}
totals as (

    select
        periods.period_grain,
        periods.period_start,
        {% for kind in ['csat', 'ces'] -%}
        {% for name, test in [('n', "<> 'refused'"), ('positive', "= 'positive'"), ('refused', "= 'refused'")] -%}
        {% do counts.append(kind ~ '_' ~ name) -%}
        sum(case when scored.survey_kind = '{{ kind }}' and scored.score_band {{ test }} then 1 else 0 end)
            as {{ kind }}_{{ name }},
        {% endfor -%}
        {% do sums.append(kind ~ '_score_sum') -%}
        sum(case when scored.survey_kind = '{{ kind }}' and scored.score_band <> 'refused' then scored.score else 0 end)
            as {{ kind }}_score_sum,
        {% endfor -%}
        coalesce(segments.segment_set_key, 0) as segment_set_key
    from scored
    inner join periods
        on scored.responded_on between periods.period_start and periods.last_day
    left join segments
        on
            scored.customer_id = segments.customer_id
            and periods.segment_date = segments.as_of_date
    group by periods.period_grain, periods.period_start, coalesce(segments.segment_set_key, 0)

),

fanned_out as (

    {{ by_segment('totals', 'segment_sets', ['period_grain', 'period_start'], counts + sums) }}

),

counted as (

    {{ on_segment_grid('segment_grid', 'fanned_out', {'bigint': counts, 'decimal(18, 6)': sums}) }}

),

final as (

    select
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        is_complete,
        csat_n as n,
        csat_positive as positive,
        {{ rate_with_interval('csat', 'csat_positive', 'csat_n') }},
        {{ safe_divide('csat_score_sum', 'csat_n') }} as mean_score,
        csat_refused as refused,
        ces_n,
        ces_positive,
        {{ rate_with_interval('ces_easy_share', 'ces_positive', 'ces_n', flag='is_small_ces_n') }},
        {{ safe_divide('ces_score_sum', 'ces_n') }} as ces_mean_score,
        ces_refused,
        as_of_date
    from counted

)

select * from final
