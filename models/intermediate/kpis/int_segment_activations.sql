{#- Time to value by Kaplan-Meier: sign-ups without a value event are censored at the as-of date. -#}
with

cohorts as (

    select * from {{ ref('int_activation_cohorts') }}

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }}

),

{% set counts = ['signups', 'eligible', 'activated', 'reached_value'] -%}
{% set keys = ['period_grain', 'period_start', 'segment_dimension', 'segment_key'] -%}
hours as (

    select
        cohorts.entity_type,
        cohorts.period_grain,
        cohorts.period_start,
        cohorts.hours,
        {% for column in counts -%}
        sum(cohorts.{{ column }}) as {{ column }},
        {% endfor -%}
        segment_sets.segment_dimension,
        segment_sets.segment_key
    from cohorts
    inner join segment_sets
        on
            cohorts.entity_type = segment_sets.entity_type
            and cohorts.segment_set_key = segment_sets.segment_set_key
    group by
        cohorts.entity_type,
        cohorts.period_grain,
        cohorts.period_start,
        cohorts.hours,
        segment_sets.segment_dimension,
        segment_sets.segment_key

),

at_risk as (

    select
        *,
        sum(signups) over (
            partition by entity_type, {{ keys | join(', ') }}
            order by hours desc
            rows between unbounded preceding and current row
        ) as still_waiting
    from hours

),

survival as (

    -- a product of shares as a sum of logarithms; the share is 0 once nobody is waiting
    select
        *,
        exp(sum(
            case when reached_value < still_waiting then ln(1 - cast(reached_value as {{ type_double() }}) / still_waiting) end
        ) over (
            partition by entity_type, {{ keys | join(', ') }}
            order by hours
            rows between unbounded preceding and current row
        )) as survival_before_last,
        reached_value = still_waiting as is_nobody_left
    from at_risk

),

curve as (

    select
        *,
        case when is_nobody_left then 0 else coalesce(survival_before_last, 1) end as still_without_value
    from survival

),

final as (

    -- a rounding error must not move a percentile to the next hour
    select
        {{ keys | join(',\n        ') }},
        {% for column in counts -%}
        sum({{ column }}) as {{ column }},
        {% endfor -%}
        {% for share in [50, 75, 90] -%}
        cast(min(case when still_without_value <= {{ (100 - share) / 100 }} + 1e-9 then hours end) as {{ type_double() }})
        / 24 as time_to_value_p{{ share }}_days,
        {% endfor -%}
        entity_type
    from curve
    group by entity_type, {{ keys | join(', ') }}

)

select * from final
