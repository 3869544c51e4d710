with

reengagements as (

    select * from {{ ref('int_customer_reengagements') }}

),

segment_grid as (

    select * from {{ ref('int_segment_grid') }}
    where
        entity_type = 'customer'
        and period_grain in ('week', 'month')

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

{% set counts = ['dormant_touched', 'touched', 'resurrected_touched', 'dormant_holdout', 'holdout', 'resurrected_holdout'] -%}
totals as (

    select
        period_grain,
        period_start,
        {% for group, test in [('touched', 'not is_holdout'), ('holdout', 'is_holdout')] -%}
        sum(case when {{ test }} then 1 else 0 end) as dormant_{{ group }},
        sum(case when {{ test }} and is_mature then 1 else 0 end) as {{ group }},
        sum(case when {{ test }} and is_mature and is_resurrected then 1 else 0 end) as resurrected_{{ group }},
        {% endfor -%}
        segment_set_key
    from reengagements
    group by period_grain, period_start, segment_set_key

),

fanned_out as (

    {{ by_segment('totals', 'segment_sets', ['period_grain', 'period_start'], counts) }}

),

counted as (

    {{ on_segment_grid('segment_grid', 'fanned_out', {'bigint': counts}) }}

),

rated as (

    select
        *,
        {{ rate_with_interval('reengagement_rate', 'resurrected_touched', 'touched', flag=none) }},
        {{ rate_with_interval('holdout_rate', 'resurrected_holdout', 'holdout', flag=none) }}
    from counted

),

final as (

    select
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        is_complete,
        dormant_touched,
        touched as eligible_touched,
        resurrected_touched,
        reengagement_rate,
        reengagement_rate_ci_low,
        reengagement_rate_ci_high,
        dormant_holdout,
        holdout as eligible_holdout,
        resurrected_holdout,
        holdout_rate,
        holdout_rate_ci_low,
        holdout_rate_ci_high,
        dormant_touched = touched and dormant_holdout = holdout as is_mature,
        {{ difference_with_interval('lift', 'reengagement_rate', 'holdout_rate') }},
        {{ is_small_n('least(touched, holdout)') }} as is_small_n,
        as_of_date
    from rated

)

select * from final
