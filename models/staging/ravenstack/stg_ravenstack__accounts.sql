{{ config(enabled=var('preset') == 'ravenstack') }}
with

accounts as (

    select * from {{ ref('base_ravenstack__accounts') }}

),

final as (

    select
        account_id,
        cast(signup_date as timestamp) as updated_at,
        account_name as name,
        cast(null as {{ dbt.type_string() }}) as domain,
        cast(null as {{ dbt.type_string() }}) as parent_account_id,
        industry,
        cast(null as bigint) as employee_count,
        cast(null as decimal(18, 2)) as annual_revenue,
        cast(null as {{ dbt.type_string() }}) as revenue_currency,
        case country when 'UK' then 'GB' else country end as country_code,
        cast(null as {{ dbt.type_string() }}) as region,
        cast(null as {{ dbt.type_string() }}) as city,
        cast(null as bigint) as founded_year,
        cast(null as {{ dbt.type_string() }}) as ownership,
        cast(null as {{ dbt.type_string() }}) as tech_stack,
        -- the flags that could tell it have no date: on past as-of dates they would give the future away
        cast(null as {{ dbt.type_string() }}) as crm_stage,
        cast(null as {{ dbt.type_string() }}) as owner,
        cast(null as {{ dbt.type_string() }}) as timezone,
        _batch_id,
        _row,
        _load_id
    from accounts

)

select * from final
