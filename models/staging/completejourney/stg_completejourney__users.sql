{{ config(enabled=var('preset') == 'completejourney') }}
{#- The source dates no trait: all hold from the first day of the study. -#}
with

households as (

    select * from {{ ref('base_completejourney__demographics') }}

),

final as (

    select
        household_id as user_id,
        cast('2017-01-01 12:00:00' as timestamp) as updated_at,
        cast(null as {{ dbt.type_string() }}) as account_id,
        cast(null as {{ dbt.type_string() }}) as email,
        cast(null as {{ dbt.type_string() }}) as name,
        cast(null as timestamp) as signed_up_at,
        cast(null as bigint) as birth_year,
        cast(null as {{ dbt.type_string() }}) as gender,
        cast(null as {{ dbt.type_string() }}) as education,
        income as income_band,
        cast(null as {{ dbt.type_string() }}) as occupation,
        cast(null as {{ dbt.type_string() }}) as job_role,
        'US' as country_code,
        cast(null as {{ dbt.type_string() }}) as region,
        cast(null as {{ dbt.type_string() }}) as city,
        cast(null as {{ dbt.type_string() }}) as timezone,
        cast(null as {{ dbt.type_string() }}) as language,
        cast(null as boolean) as is_internal,
        _batch_id,
        _row,
        _load_id
    from households

)

select * from final
