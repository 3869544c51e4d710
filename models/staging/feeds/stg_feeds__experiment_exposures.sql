with source as (
    select * from {{ raw_source('experiment_exposures', known_at='exposed_at') }}
),

deduplicated as (
    {{ deduplicated('source', key=['experiment_id', 'user_id'], order=['exposed_at asc']) }}
),

final as (
    select
        -- ids
        experiment_id,
        user_id,

        -- strings
        variant,

        -- timestamps
        exposed_at,

        -- lineage
        _batch_id,
        _row,
        _load_id
    from deduplicated
)

select * from final
