with source as (
    select * from {{ raw_source('campaign_touches', known_at='touched_at') }}
),

deduplicated as (
    {{ deduplicated('source', key=['touch_id'], order=['clicked_at desc', 'opened_at desc']) }}
),

final as (
    select
        -- ids
        touch_id,
        campaign_id,
        user_id,

        -- strings
        segment_key,
        tactic,
        channel,

        -- booleans
        is_holdout,

        -- timestamps
        touched_at,
        opened_at,
        clicked_at,

        -- lineage
        _batch_id,
        _row,
        _load_id
    from deduplicated
)

select * from final
