with source as (
    select * from {{ raw_source('fx_rates', known_at='rate_date') }}
),

deduplicated as (
    {{ deduplicated('source', key=['rate_date', 'currency']) }}
),

final as (
    select
        -- strings
        currency,

        -- numerics
        rate,

        -- dates
        rate_date,

        -- lineage
        _batch_id,
        _row,
        _load_id
    from deduplicated
)

select * from final
