with

segments as (select * from {{ ref('dim_segments') }} where retired_on is null),

membership as (select * from {{ ref('segment_membership') }}),

overlap as (select * from {{ ref('segment_overlap') }}),

transitions as (select * from {{ ref('segment_transitions') }}),

match_rates as (select * from {{ ref('feed_match_rates') }}),

waivers as (select * from {{ ref('pitfall_waivers') }}),

sizes as (

    select
        segments.dimension,
        segments.segment_key,
        segments.is_exclusive,
        segments.min_size,
        count(membership.entity_id) as members,
        sum(count(membership.entity_id)) over (partition by segments.dimension) as all_members
    from segments
    left join membership
        on
            segments.dimension = membership.dimension
            and segments.segment_key = membership.segment_key
    group by segments.dimension, segments.segment_key, segments.is_exclusive, segments.min_size

),

last_month as (

    select
        dimension,
        {{ safe_divide('sum(case when from_segment_key <> to_segment_key then entities else 0 end)', 'sum(entities)') }} as share_moved
    from transitions
    where
        from_segment_key <> 'not_yet_known'
        and period_start = (select max(transitions.period_start) from transitions)
    group by dimension

),

found as (

    select 'too_small' as pitfall, dimension, segment_key, cast(members as double) as measured, cast(min_size as double) as allowed
    from sizes
    where members < min_size
    union all
    select 'too_many_segments', dimension, 'all', cast(count(*) as double), cast({{ var('segment_max_per_dimension') }} as double)
    from segments
    where is_exclusive
    group by dimension
    having count(*) > {{ var('segment_max_per_dimension') }}
    union all
    select 'same_people', dimension, segment_key || ' = ' || other_segment_key, jaccard, cast({{ var('segment_max_jaccard') }} as double)
    from overlap
    where
        dimension < other_dimension
        and jaccard > {{ var('segment_max_jaccard') }}
        and segment_key <> 'unknown'
        and other_segment_key <> 'unknown'
    union all
    select
        'review_overdue', dimension, segment_key,
        cast({{ days_between('review_by', as_of_date()) }} as double),
        cast(0 as double)
    from segments
    where review_by < {{ as_of_date() }}
    union all
    select 'too_restless', dimension, 'all', share_moved, cast({{ var('segment_max_monthly_change') }} as double)
    from last_month
    where share_moved > {{ var('segment_max_monthly_change') }}
    union all
    select
        'mostly_unknown', dimension, segment_key,
        {{ safe_divide('members', 'all_members') }},
        cast({{ var('segment_max_unknown_share') }} as double)
    from sizes
    where
        is_exclusive
        and segment_key = 'unknown'
        and members > all_members * {{ var('segment_max_unknown_share') }}
    union all
    select 'no_action', dimension, segment_key, cast(0 as double), cast(1 as double)
    from segments
    where
        segment_key <> 'unknown'
        and (owner is null or tactic is null or goal_kpi is null or holdout_share is null)
    union all
    select 'feed_not_matched', feed, 'all', match_rate, cast({{ var('feed_min_match_rate') }} as double)
    from match_rates
    where match_rate < {{ var('feed_min_match_rate') }}

),

final as (

    select
        found.pitfall,
        found.dimension,
        found.segment_key,
        found.measured,
        found.allowed,
        max(waivers.reason) as waiver_reason,
        {{ as_of_date() }} as as_of_date
    from found
    left join waivers
        on
            found.pitfall = waivers.pitfall
            and found.dimension = waivers.dimension
            and waivers.segment_key in (found.segment_key, '*')
    group by found.pitfall, found.dimension, found.segment_key, found.measured, found.allowed

)

select * from final
