with

segments as (select * from {{ ref('dim_segments') }} where retired_on is null),

membership as (select * from {{ ref('segment_membership') }}),

overlap as (select * from {{ ref('segment_overlap') }}),

transitions as (select * from {{ ref('segment_transitions') }}),

match_rates as (select * from {{ ref('feed_match_rates') }}),

waivers as (select * from {{ ref('quality_issue_waivers') }}),

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

    select max(period_start) as period_start from transitions

),

restlessness as (

    select
        transitions.dimension,
        {{ safe_divide(
            'sum(case when transitions.from_segment_key <> transitions.to_segment_key then transitions.entities else 0 end)',
            'sum(transitions.entities)',
        ) }} as share_moved
    from transitions
    inner join last_month
        on transitions.period_start = last_month.period_start
    where transitions.from_segment_key <> 'not_yet_known'
    group by transitions.dimension

),

found as (

    {{ issue('too_small', 'members', 'min_size') }}
    from sizes
    where members < min_size
    union all
    {{ issue('too_many_segments', 'count(*)', var('segment_max_per_dimension'), segment="'all'") }}
    from segments
    where is_exclusive
    group by dimension
    having count(*) > {{ var('segment_max_per_dimension') }}
    union all
    {{ issue('same_people', 'jaccard', var('segment_max_jaccard'), segment="segment_key || ' = ' || other_segment_key") }}
    from overlap
    where
        dimension < other_dimension
        and jaccard > {{ var('segment_max_jaccard') }}
        and segment_key <> 'unknown'
        and other_segment_key <> 'unknown'
    union all
    {{ issue('review_overdue', days_between('review_by', as_of_date()), 0) }}
    from segments
    where review_by < {{ as_of_date() }}
    union all
    {{ issue('too_restless', 'share_moved', var('segment_max_monthly_change'), segment="'all'") }}
    from restlessness
    where share_moved > {{ var('segment_max_monthly_change') }}
    union all
    {{ issue('mostly_unknown', safe_divide('members', 'all_members'), var('segment_max_unknown_share')) }}
    from sizes
    where
        is_exclusive
        and segment_key = 'unknown'
        and members > all_members * {{ var('segment_max_unknown_share') }}
    union all
    {{ issue('no_action', 0, 1) }}
    from segments
    where
        segment_key <> 'unknown'
        and (owner is null or tactic is null or goal_kpi is null or holdout_share is null)
    union all
    {{ issue('feed_not_matched', 'match_rate', var('feed_min_match_rate'), dimension='feed', segment="'all'") }}
    from match_rates
    where match_rate < {{ var('feed_min_match_rate') }}

),

final as (

    select
        found.issue,
        found.dimension,
        found.segment_key,
        found.measured,
        found.allowed,
        max(waivers.reason) as waiver_reason,
        {{ as_of_date() }} as as_of_date
    from found
    left join waivers
        on
            found.issue = waivers.issue
            and found.dimension = waivers.dimension
            and waivers.segment_key in (found.segment_key, '*')
    group by found.issue, found.dimension, found.segment_key, found.measured, found.allowed

)

select * from final
