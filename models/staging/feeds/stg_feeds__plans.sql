with source as (
    select * from {{ raw_source('plans') }}
),

deduplicated as (
    {{ deduplicated('source', key=['plan_id']) }}
),

final as (
    select
        -- ids
        plan_id,

        -- strings
        plan_name,
        tier,
        limits,
        features,

        -- numerics
        seats_included,

        -- booleans
        is_free,

        -- lineage
        _batch_id,
        _row,
        _load_id
    from deduplicated
)

select * from final
