{{ config(enabled=var('preset') == 'completejourney') }}
with

source as (

    select * from {{ raw_source('campaign_descriptions', source='completejourney', known_at='start_date') }}

),

deduplicated as (

    {{ deduplicated('source', ['campaign_id'], ['start_date']) }}

),

final as (

    select
        campaign_id,
        campaign_type,
        start_date,
        end_date,
        _batch_id,
        _row,
        _load_id
    from deduplicated

)

select * from final
