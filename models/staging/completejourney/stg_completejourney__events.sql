{{ config(enabled=var('preset') == 'completejourney') }}
with

lines as (

    select * from {{ ref('base_completejourney__transactions') }}

),

redemptions as (

    select * from {{ ref('base_completejourney__coupon_redemptions') }}

),

baskets as (

    select
        *,
        row_number() over (partition by basket_id order by transaction_timestamp, _batch_id, _row) as line_rank
    from lines

),

events as (

    select
        'order_placed:' || basket_id as event_id,
        'order_placed' as event_name,
        transaction_timestamp as occurred_at,
        household_id,
        '{"store_id": "' || store_id || '"}' as properties,
        _batch_id,
        _row,
        _load_id
    from baskets
    where line_rank = 1
    union all
    select
        'coupon_redeemed:' || household_id || ':' || coupon_upc || ':' || campaign_id || ':' || redemption_date as event_id,
        'coupon_redeemed' as event_name,
        -- the source gives the day: noon UTC is the same day in the stores' zones
        {{ add_minutes('cast(redemption_date as timestamp)', 12 * 60) }} as occurred_at,
        household_id,
        '{"campaign_id": "' || campaign_id || '", "coupon_upc": "' || coupon_upc || '"}' as properties,
        _batch_id,
        _row,
        _load_id
    from redemptions

),

final as (

    select
        event_id,
        event_name,
        occurred_at,
        occurred_at as received_at,
        household_id as user_id,
        cast(null as {{ dbt.type_string() }}) as anonymous_id,
        cast(null as {{ dbt.type_string() }}) as account_id,
        cast(null as {{ dbt.type_string() }}) as session_id,
        cast(null as {{ dbt.type_string() }}) as platform,
        cast(null as {{ dbt.type_string() }}) as device_type,
        cast(null as {{ dbt.type_string() }}) as os,
        cast(null as {{ dbt.type_string() }}) as browser,
        cast(null as {{ dbt.type_string() }}) as app_version,
        cast(null as {{ dbt.type_string() }}) as country_code,
        cast(null as {{ dbt.type_string() }}) as region,
        cast(null as {{ dbt.type_string() }}) as city,
        cast(null as {{ dbt.type_string() }}) as language,
        cast(null as {{ dbt.type_string() }}) as page_path,
        cast(null as {{ dbt.type_string() }}) as referrer,
        cast(null as {{ dbt.type_string() }}) as utm_source,
        cast(null as {{ dbt.type_string() }}) as utm_medium,
        cast(null as {{ dbt.type_string() }}) as utm_campaign,
        properties,
        {{ int64_key('event_id') }} as event_key,
        {{ local_date('occurred_at') }} as event_date,
        _batch_id,
        _row,
        _load_id
    from events

)

select * from final
