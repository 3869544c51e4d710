{{ config(enabled=var('preset') == 'completejourney') }}
with

source as (

    select * from {{ raw_source('transactions', source='completejourney', known_at='transaction_timestamp') }}

),

deduplicated as (

    {{ deduplicated('source', ['basket_id', 'product_id'], ['transaction_timestamp']) }}

),

final as (

    select
        household_id,
        store_id,
        basket_id,
        product_id,
        quantity,
        sales_value,
        retail_disc,
        coupon_disc,
        coupon_match_disc,
        week,
        transaction_timestamp,
        _batch_id,
        _row,
        _load_id
    from deduplicated

)

select * from final
