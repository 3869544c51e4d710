{#- Retained customers add up too where the segments of a cohort mature together: by calendar always. -#}
with

retention as (

    select * from {{ ref('kpi_retention') }} where window_kind = 'calendar'

),

dimensions as (

    select
        cohort_basis,
        retention_kind,
        period_grain,
        cohort_start,
        period_number,
        segment_dimension,
        sum(retained) as retained
    from retention
    group by cohort_basis, retention_kind, period_grain, cohort_start, period_number, segment_dimension

),

final as (

    select
        cohort_basis,
        retention_kind,
        period_grain,
        cohort_start,
        period_number
    from dimensions
    group by cohort_basis, retention_kind, period_grain, cohort_start, period_number
    having
        min(retained) <> max(retained)
        or count(retained) not in (0, count(*))

)

select * from final
