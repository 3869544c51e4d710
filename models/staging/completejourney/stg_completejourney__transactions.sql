{{ config(enabled=var('preset') == 'completejourney') }}
with

lines as (

    select * from {{ ref('base_completejourney__transactions') }}

),

final as (

    select
        basket_id || ':' || product_id as transaction_id,
        'charge' as kind,
        'one_off' as category,
        basket_id as order_id,
        cast(null as {{ dbt.type_string() }}) as account_id,
        household_id as user_id,
        product_id,
        quantity,
        {{ money('sales_value') }} as amount,
        cast(null as decimal(18, 2)) as tax_amount,
        {{ money('coalesce(retail_disc, 0) + coalesce(coupon_match_disc, 0)') }} as discount_amount,
        'USD' as currency,
        transaction_timestamp as occurred_at,
        transaction_timestamp as received_at,
        _batch_id,
        _row,
        _load_id
    from lines

)

select * from final
