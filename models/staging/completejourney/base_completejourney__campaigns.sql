{{ config(enabled=var('preset') == 'completejourney') }}
with

source as (

    select * from {{ raw_source('campaigns', source='completejourney') }}

),

final as (

    {{ deduplicated('source', ['campaign_id', 'household_id']) }}

)

select * from final
