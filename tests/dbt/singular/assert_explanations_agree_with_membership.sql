{#-
    Who is in a segment passes its rules, and no segment before it; who is in none passes none. A dimension with a segment that waits may hold
    or keep out against the rule of the day: there only that each entity is in one segment at most is held.
-#}
with explanations as (
    select * from {{ ref('segment_explanations') }}
),

segments as (
    select
        entity_type,
        entity_id,
        dimension,
        segment_key,
        priority,
        max(segment_result) as segment_result,
        min(segment_result) as lowest_result,
        max(case when is_member then 1 else 0 end) as is_member,
        max(case when is_steady then 1 else 0 end) as is_steady
    from explanations
    group by entity_type, entity_id, dimension, segment_key, priority
),

entities as (
    select
        entity_type,
        entity_id,
        dimension,
        min(case when segment_result = 'pass' then priority end) as first_that_passes,
        min(case when is_member = 1 then priority end) as first_member,
        sum(is_member) as memberships,
        max(is_steady) as is_steady,
        max(case when segment_result <> lowest_result then 1 else 0 end) as disagrees
    from segments
    group by entity_type, entity_id, dimension
)

select * from entities
where
    memberships > 1
    or disagrees = 1
    or (is_steady = 0 and coalesce(first_that_passes, 0) <> coalesce(first_member, 0))
