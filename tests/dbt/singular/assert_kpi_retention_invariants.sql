{#-
    Everybody returns in period 0 of a cohort that starts with the activity itself; nobody is back `in k` without being back
    `in k or later`, and the latter never rises; what is not mature has no figure; nobody retained is outside the cohort.
-#}
with

retention as (

    select * from {{ ref('kpi_retention') }}

),

single as (

    select
        cohort_basis || ' ' || retention_kind || ' ' || window_kind || ' ' || period_grain as series,
        cohort_start,
        period_number,
        case
            when
                retention_kind = 'on_period' and period_number = 0 and cohort_basis <> 'sign_up' and is_mature
                and retained <> cohort_size
                then 'period 0 is not the cohort'
            when is_mature <> (retained is not null) then 'figure and maturity disagree'
            when is_mature <> (eligible = cohort_size) then 'eligible and maturity disagree'
            when not coalesce(retained, 0) between 0 and cohort_size then 'more retained than members'
            when retention_kind = 'unbounded' and retained > retained_previous then 'unbounded retention rises'
        end as failure
    from retention

),

pairs as (

    select
        exact.cohort_basis || ' ' || exact.window_kind || ' ' || exact.period_grain as series,
        exact.cohort_start,
        exact.period_number,
        'more back in the period than in it or later' as failure
    from retention as exact
    inner join retention as later
        on
            exact.cohort_basis = later.cohort_basis
            and exact.window_kind = later.window_kind
            and exact.period_grain = later.period_grain
            and exact.cohort_start = later.cohort_start
            and exact.segment_dimension = later.segment_dimension
            and exact.segment_key = later.segment_key
            and exact.period_number = later.period_number
    where
        exact.retention_kind = 'on_period'
        and later.retention_kind = 'unbounded'
        and exact.retained > later.retained

),

final as (

    select * from single where failure is not null
    union all
    select * from pairs

)

select * from final
