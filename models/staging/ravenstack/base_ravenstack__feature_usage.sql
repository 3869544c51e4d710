{{ config(enabled=var('preset') == 'ravenstack') }}
with

source as (

    select * from {{ raw_source('feature_usage', source='ravenstack', known_at='usage_date') }}

),

final as (

    {{ deduplicated('source', ['usage_id', 'subscription_id'], ['usage_date']) }}

)

select * from final
