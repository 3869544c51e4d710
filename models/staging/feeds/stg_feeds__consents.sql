with source as (
    select * from {{ raw_source('consents', known_at='decided_at') }}
),

deduplicated as (
    {{ deduplicated('source', key=['user_id', 'purpose', 'decided_at']) }}
),

final as (
    select
        -- ids
        user_id,

        -- strings
        purpose,

        -- booleans
        is_granted,

        -- timestamps
        decided_at,

        -- lineage
        _batch_id,
        _row,
        _load_id
    from deduplicated
)

select * from final
