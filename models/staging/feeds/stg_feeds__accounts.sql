with source as (
    select * from {{ raw_source('accounts', known_at='updated_at') }}
),

deduplicated as (
    {{ deduplicated('source', key=['account_id', 'updated_at']) }}
),

final as (
    select
        -- ids
        account_id,
        parent_account_id,

        -- strings
        name,
        domain,
        industry,
        revenue_currency,
        country_code,
        region,
        city,
        ownership,
        tech_stack,
        crm_stage,
        owner,
        timezone,

        -- numerics
        employee_count,
        annual_revenue,
        founded_year,

        -- timestamps
        updated_at,

        -- lineage
        _batch_id,
        _row,
        _load_id
    from deduplicated
)

select * from final
