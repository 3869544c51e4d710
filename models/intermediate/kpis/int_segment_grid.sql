{#- The rows of every KPI: a period without data in a segment shows 0, not a gap. -#}
with

periods as (

    select * from {{ ref('int_periods') }}

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }}

),

segments as (

    -- account money of nobody known is in the account's segment, though no customer is
    select
        entity_type,
        segment_dimension,
        segment_key
    from segment_sets
    union distinct
    select
        'customer' as entity_type,
        segment_dimension,
        segment_key
    from segment_sets

),

final as (

    select
        segments.entity_type,
        segments.segment_dimension,
        segments.segment_key,
        periods.period_grain,
        periods.period_start,
        periods.period_index,
        periods.first_day,
        periods.last_day,
        periods.days_elapsed,
        periods.is_complete,
        periods.segment_date,
        periods.as_of_date
    from periods
    cross join segments

)

select * from final
