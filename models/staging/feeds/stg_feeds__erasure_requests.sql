with source as (
    select * from {{ raw_source('erasure_requests', known_at='requested_at') }}
),

deduplicated as (
    {{ deduplicated('source', key=['request_id'], order=['requested_at asc']) }}
),

final as (
    select
        -- ids
        request_id,
        user_id,

        -- timestamps
        requested_at,

        -- lineage
        _batch_id,
        _row,
        _load_id
    from deduplicated
)

select * from final
