with

membership as (

    select * from {{ ref('segment_membership') }}

),

sizes as (

    select
        entity_type,
        dimension,
        segment_key,
        count(*) as members
    from membership
    group by entity_type, dimension, segment_key

),

pairs as (

    -- segments of one dimension have no members in common; each other pair is counted once
    select
        membership.entity_type,
        membership.dimension,
        membership.segment_key,
        other_membership.dimension as other_dimension,
        other_membership.segment_key as other_segment_key,
        count(*) as intersection
    from membership
    inner join membership as other_membership
        on
            membership.entity_type = other_membership.entity_type
            and membership.entity_id = other_membership.entity_id
            and membership.dimension < other_membership.dimension
    group by
        membership.entity_type,
        membership.dimension,
        membership.segment_key,
        other_membership.dimension,
        other_membership.segment_key

),

both_ways as (

    select * from pairs
    union all
    select
        entity_type,
        other_dimension as dimension,
        other_segment_key as segment_key,
        dimension as other_dimension,
        segment_key as other_segment_key,
        intersection
    from pairs

),

final as (

    select
        both_ways.entity_type,
        both_ways.dimension,
        both_ways.segment_key,
        both_ways.other_dimension,
        both_ways.other_segment_key,
        sizes.members,
        other_sizes.members as other_members,
        both_ways.intersection,
        {{ rate_with_interval('share_of_segment', 'both_ways.intersection', 'sizes.members') }},
        {{ safe_divide('both_ways.intersection', 'sizes.members + other_sizes.members - both_ways.intersection') }} as jaccard,
        {{ as_of_date() }} as as_of_date
    from both_ways
    inner join sizes
        on
            both_ways.entity_type = sizes.entity_type
            and both_ways.dimension = sizes.dimension
            and both_ways.segment_key = sizes.segment_key
    inner join sizes as other_sizes
        on
            both_ways.entity_type = other_sizes.entity_type
            and both_ways.other_dimension = other_sizes.dimension
            and both_ways.other_segment_key = other_sizes.segment_key

)

select * from final
