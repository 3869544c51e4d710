{{ config(enabled=var('preset') == 'completejourney') }}
with

source as (

    select * from {{ raw_source('coupon_redemptions', source='completejourney', known_at='redemption_date') }}

),

final as (

    {{ deduplicated('source', ['household_id', 'coupon_upc', 'campaign_id', 'redemption_date']) }}

)

select * from final
