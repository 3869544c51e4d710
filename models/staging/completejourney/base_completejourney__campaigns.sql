{{ config(enabled=var('preset') == 'completejourney') }}
with

source as (

    select * from {{ raw_source('campaigns', source='completejourney') }}

),

deduplicated as (

    {{ deduplicated('source', ['campaign_id', 'household_id']) }}

),

final as (

    select
        campaign_id,
        household_id,
        _batch_id,
        _row,
        _load_id
    from deduplicated

)

select * from final
