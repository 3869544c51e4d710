with

health as (

    select
        *,
        as_of_date as scored_on
    from {{ ref('fct_account_health') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain = 'month'

),

segments as (

    select * from {{ ref('int_account_segments') }}

),

segment_grid as (

    select * from {{ ref('int_segment_grid') }}
    where
        entity_type = 'account'
        and period_grain = 'month'

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'account'

),

{% set tests = {
    'accounts': 'true',
    'scored_accounts': 'health.health_score is not null',
    'at_risk': 'health.health_score < ' ~ var('health_at_risk_below'),
    'expansion_scored_accounts': 'health.expansion_score is not null',
} -%}
{% set sums = {
    'health_score': 'health_score_sum',
    'health_coverage': 'coverage_sum',
    'expansion_score': 'expansion_score_sum',
} -%}
{% set counts = tests.keys() | list -%}
totals as (

    select
        periods.period_grain,
        periods.period_start,
        {% for name, test in tests.items() -%}
        sum(case when {{ test }} then 1 else 0 end) as {{ name }},
        {% endfor -%}
        {% for column, name in sums.items() -%}
        sum(cast(coalesce(health.{{ column }}, 0) as decimal(18, 6))) as {{ name }},
        {% endfor -%}
        coalesce(segments.segment_set_key, 0) as segment_set_key
    from health
    inner join periods
        on health.scored_on = periods.last_day
    left join segments
        on
            health.account_id = segments.account_id
            and periods.segment_date = segments.as_of_date
    group by periods.period_grain, periods.period_start, coalesce(segments.segment_set_key, 0)

),

fanned_out as (

    {{ by_segment('totals', 'segment_sets', ['period_grain', 'period_start'], counts + sums.values() | list) }}

),

observed_grid as (

    select segment_grid.*
    from segment_grid
    where segment_grid.last_day in (select health.scored_on from health)

),

counted as (

    {{ on_segment_grid('observed_grid', 'fanned_out', {'bigint': counts, 'decimal(18, 6)': sums.values() | list}) }}

),

final as (

    select
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        is_complete,
        {% for column in counts -%}
        {{ column }},
        {% endfor -%}
        {{ safe_divide('health_score_sum', 'scored_accounts') }} as mean_health_score,
        {{ safe_divide('coverage_sum', 'accounts') }} as mean_coverage,
        {{ rate_with_interval('at_risk_share', 'at_risk', 'scored_accounts') }},
        {{ safe_divide('expansion_score_sum', 'expansion_scored_accounts') }} as mean_expansion_score,
        as_of_date
    from counted

)

select * from final
