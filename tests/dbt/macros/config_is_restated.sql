{#- Both ends count; nothing is restated where no range, or half of one, is given. -#}
with days as (
    select
        cast('2026-01-04' as date) as activity_day,
        0 as expected
    union all
    select
        cast('2026-01-05' as date) as activity_day,
        1 as expected
    union all
    select
        cast('2026-01-07' as date) as activity_day,
        1 as expected
    union all
    select
        cast('2026-01-08' as date) as activity_day,
        0 as expected
),

final as (
    select
        activity_day,
        expected,
        case when {{ is_restated('activity_day', '2026-01-05', '2026-01-07') }} then 1 else 0 end as actual,
        case when {{ is_restated('activity_day', '', '') }} then 1 else 0 end as without_range,
        case when {{ is_restated('activity_day', '2026-01-05', '') }} then 1 else 0 end as half_a_range
    from days
)

select * from final
where actual <> expected or without_range <> 0 or half_a_range <> 0
