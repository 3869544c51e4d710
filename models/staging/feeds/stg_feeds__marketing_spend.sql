with source as (
    select * from {{ raw_source('marketing_spend', known_at='spend_date') }}
),

deduplicated as (
    {{ deduplicated('source', key=['spend_date', 'channel', 'campaign_id']) }}
),

final as (
    select
        -- ids
        campaign_id,

        -- strings
        channel,
        currency,

        -- numerics
        amount,

        -- dates
        spend_date,

        -- lineage
        _batch_id,
        _row,
        _load_id
    from deduplicated
)

select * from final
