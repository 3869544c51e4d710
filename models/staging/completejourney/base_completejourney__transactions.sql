{{ config(enabled=var('preset') == 'completejourney') }}
with

source as (

    select * from {{ raw_source('transactions', source='completejourney', known_at='transaction_timestamp') }}

),

final as (

    {{ deduplicated('source', ['basket_id', 'product_id'], ['transaction_timestamp']) }}

)

select * from final
