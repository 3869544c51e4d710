with source as (
    select * from {{ raw_source('account_members', known_at='valid_from') }}
),

deduplicated as (
    {{ deduplicated('source', key=['account_id', 'user_id', 'valid_from']) }}
),

final as (
    select
        -- ids
        account_id,
        user_id,

        -- strings
        role,

        -- timestamps
        valid_from,
        valid_to,

        -- lineage
        _batch_id,
        _row,
        _load_id
    from deduplicated
)

select * from final
