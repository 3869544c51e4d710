{{ config(enabled=var('preset') == 'ravenstack') }}
with

source as (

    select * from {{ raw_source('churn_events', source='ravenstack', known_at='churn_date') }}

),

final as (

    {{ deduplicated('source', ['churn_event_id'], ['churn_date']) }}

)

select * from final
