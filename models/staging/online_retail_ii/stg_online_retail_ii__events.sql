{{ config(enabled=var('preset') == 'online_retail_ii') }}
with

lines as (

    select * from {{ ref('base_online_retail_ii__order_lines') }}

),

ranked as (

    select
        *,
        'order_placed:' || invoice as event_id,
        row_number() over (partition by invoice order by invoice_date, _batch_id, _row) as line_rank
    from lines
    where not is_cancellation

),

final as (

    select
        event_id,
        'order_placed' as event_name,
        invoice_date as occurred_at,
        invoice_date as received_at,
        customer_id as user_id,
        cast(null as {{ dbt.type_string() }}) as anonymous_id,
        cast(null as {{ dbt.type_string() }}) as account_id,
        cast(null as {{ dbt.type_string() }}) as session_id,
        cast(null as {{ dbt.type_string() }}) as platform,
        cast(null as {{ dbt.type_string() }}) as device_type,
        cast(null as {{ dbt.type_string() }}) as os,
        cast(null as {{ dbt.type_string() }}) as browser,
        cast(null as {{ dbt.type_string() }}) as app_version,
        {{ online_retail_ii__country_code('country') }} as country_code,
        cast(null as {{ dbt.type_string() }}) as region,
        cast(null as {{ dbt.type_string() }}) as city,
        cast(null as {{ dbt.type_string() }}) as language,
        cast(null as {{ dbt.type_string() }}) as page_path,
        cast(null as {{ dbt.type_string() }}) as referrer,
        cast(null as {{ dbt.type_string() }}) as utm_source,
        cast(null as {{ dbt.type_string() }}) as utm_medium,
        cast(null as {{ dbt.type_string() }}) as utm_campaign,
        cast(null as {{ dbt.type_string() }}) as properties,
        {{ int64_key('event_id') }} as event_key,
        {{ local_date('invoice_date') }} as event_date,
        _batch_id,
        _row,
        _load_id
    from ranked
    where line_rank = 1

)

select * from final
