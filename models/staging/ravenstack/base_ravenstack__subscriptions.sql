{{ config(enabled=var('preset') == 'ravenstack') }}
with

source as (

    select * from {{ raw_source('subscriptions', source='ravenstack', known_at='start_date') }}

),

final as (

    {{ deduplicated('source', ['subscription_id'], ['start_date']) }}

)

select * from final
