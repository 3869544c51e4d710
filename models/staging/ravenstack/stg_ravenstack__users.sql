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
        cast(null as string) as email,
        cast(null as string) as name,
        cast(signup_date as timestamp) as signed_up_at,
        cast(null as bigint) as birth_year,
        cast(null as string) as gender,
        cast(null as string) as education,
        cast(null as string) as income_band,
        cast(null as string) as occupation,
        cast(null as string) as job_role,
        case country when 'UK' then 'GB' else country end as country_code,
        cast(null as string) as region,
        cast(null as string) as city,
        cast(null as string) as timezone,
        cast(null as string) as language,
        false as is_internal,
        _batch_id,
        _row,
        _load_id
    from accounts

)

select * from final
