{#- A membership of any day finds its segment by key, version and hash: the same name is the same thing in both. -#}
with membership as (
    select * from {{ ref('segment_membership_history') }}
),

segments as (
    select * from {{ ref('dim_segments') }}
)

select
    membership.dimension,
    membership.segment_key,
    membership.definition_version,
    membership.definition_hash
from membership
left join segments
    on
        membership.dimension = segments.dimension
        and membership.segment_key = segments.segment_key
        and membership.entity_type = segments.entity_type
        and membership.definition_version = segments.definition_version
        and membership.definition_hash = segments.definition_hash
where segments.segment_key is null
