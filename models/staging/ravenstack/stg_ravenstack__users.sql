{{ config(enabled=var('preset') == 'ravenstack') }}
with

accounts as (

    select * from {{ ref('base_ravenstack__accounts') }}

),

final as (

    select
        account_id as user_id,
        cast(signup_date as timestamp) as updated_at,
        account_id,
        cast(null as {{ dbt.type_string() }}) as email,
        cast(null as {{ dbt.type_string() }}) as name,
        cast(signup_date as timestamp) as signed_up_at,
        cast(null as bigint) as birth_year,
        cast(null as {{ dbt.type_string() }}) as gender,
        cast(null as {{ dbt.type_string() }}) as education,
        cast(null as {{ dbt.type_string() }}) as income_band,
        cast(null as {{ dbt.type_string() }}) as occupation,
        cast(null as {{ dbt.type_string() }}) as job_role,
        case country when 'UK' then 'GB' else country end as country_code,
        cast(null as {{ dbt.type_string() }}) as region,
        cast(null as {{ dbt.type_string() }}) as city,
        cast(null as {{ dbt.type_string() }}) as timezone,
        cast(null as {{ dbt.type_string() }}) as language,
        false as is_internal,
        _batch_id,
        _row,
        _load_id
    from accounts

)

select * from final
