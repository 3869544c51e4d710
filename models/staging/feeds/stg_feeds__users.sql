with source as (
    select * from {{ raw_source('users', known_at='updated_at') }}
),

deduplicated as (
    {{ deduplicated('source', key=['user_id', 'updated_at']) }}
),

final as (
    select
        -- ids
        user_id,
        account_id,

        -- strings
        email,
        name,
        gender,
        education,
        income_band,
        occupation,
        job_role,
        country_code,
        region,
        city,
        timezone,
        language,

        -- numerics
        birth_year,

        -- booleans
        is_internal,

        -- timestamps
        updated_at,
        signed_up_at,

        -- lineage
        _batch_id,
        _row,
        _load_id
    from deduplicated
)

select * from final
