{{ config(enabled=var('preset') == 'completejourney') }}
with

source as (

    select * from {{ raw_source('coupon_redemptions', source='completejourney', known_at='redemption_date') }}

),

deduplicated as (

    {{ deduplicated('source', ['household_id', 'coupon_upc', 'campaign_id', 'redemption_date']) }}

),

final as (

    select
        household_id,
        coupon_upc,
        campaign_id,
        redemption_date,
        _batch_id,
        _row,
        _load_id
    from deduplicated

)

select * from final
