with source as (
    select * from {{ raw_source('web_vitals', known_at='measured_at') }}
),

deduplicated as (
    {{ deduplicated('source', key=['event_id', 'metric'], order=['measured_at asc']) }}
),

final as (
    select
        -- ids
        event_id,

        -- strings
        metric,
        page_path,
        device_type,

        -- numerics
        value,

        -- timestamps
        measured_at,

        -- lineage
        _batch_id,
        _row,
        _load_id
    from deduplicated
)

select * from final
