with source as (
    select * from {{ raw_source('events', known_at='received_at') }}
),

final as (
    select
        -- ids
        {{ int64_key('event_id') }} as event_key,
        event_id,
        user_id,
        anonymous_id,
        account_id,
        session_id,

        -- strings
        event_name,
        platform,
        device_type,
        os,
        browser,
        app_version,
        country_code,
        region,
        city,
        language,
        page_path,
        referrer,
        utm_source,
        utm_medium,
        utm_campaign,
        properties,

        -- dates
        {{ local_date('occurred_at') }} as event_date,

        -- timestamps
        occurred_at,
        received_at,

        -- lineage
        _batch_id,
        _row,
        _load_id
    from source
)

select * from final
