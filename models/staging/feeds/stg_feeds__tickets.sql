with source as (
    select * from {{ raw_source('tickets', known_at='received_at') }}
),

deduplicated as (
    {{ deduplicated('source', key=['ticket_id'], order=['received_at desc']) }}
),

final as (
    select
        -- ids
        ticket_id,
        user_id,
        account_id,

        -- strings
        kind,
        category,
        message,
        tags,
        priority,

        -- numerics
        reopened_count,
        votes,
        satisfaction_score,

        -- timestamps
        created_at,
        first_responded_at,
        solved_at,
        received_at,

        -- lineage
        _batch_id,
        _row,
        _load_id
    from deduplicated
)

select * from final
