{{ config(enabled=var('preset') == 'completejourney') }}
with

source as (

    select * from {{ raw_source('demographics', source='completejourney') }}

),

final as (

    {{ deduplicated('source', ['household_id']) }}

)

select * from final
