{{ config(enabled=var('preset') == 'online_retail_ii') }}
with

lines as (

    select * from {{ ref('base_online_retail_ii__order_lines') }}

),

ranked as (

    -- 13 customers moved: the country of the newest line counts
    select
        *,
        min(invoice_date) over (partition by customer_id) as first_invoiced_at,
        row_number() over (partition by customer_id order by invoice_date desc, invoice asc, _batch_id asc, _row asc) as line_rank
    from lines

),

final as (

    select
        customer_id as user_id,
        first_invoiced_at as updated_at,
        cast(null as {{ dbt.type_string() }}) as account_id,
        cast(null as {{ dbt.type_string() }}) as email,
        cast(null as {{ dbt.type_string() }}) as name,
        cast(null as timestamp) as signed_up_at,
        cast(null as bigint) as birth_year,
        cast(null as {{ dbt.type_string() }}) as gender,
        cast(null as {{ dbt.type_string() }}) as education,
        cast(null as {{ dbt.type_string() }}) as income_band,
        cast(null as {{ dbt.type_string() }}) as occupation,
        cast(null as {{ dbt.type_string() }}) as job_role,
        {{ online_retail_ii__country_code('country') }} as country_code,
        cast(null as {{ dbt.type_string() }}) as region,
        cast(null as {{ dbt.type_string() }}) as city,
        cast(null as {{ dbt.type_string() }}) as timezone,
        cast(null as {{ dbt.type_string() }}) as language,
        cast(null as boolean) as is_internal,
        _batch_id,
        _row,
        _load_id
    from ranked
    where line_rank = 1

)

select * from final
