{{ config(enabled=var('preset') == 'completejourney') }}
with

source as (

    select * from {{ raw_source('campaign_descriptions', source='completejourney', known_at='start_date') }}

),

final as (

    {{ deduplicated('source', ['campaign_id'], ['start_date']) }}

)

select * from final
