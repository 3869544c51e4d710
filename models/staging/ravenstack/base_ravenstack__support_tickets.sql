{{ config(enabled=var('preset') == 'ravenstack') }}
with

source as (

    select * from {{ raw_source('support_tickets', source='ravenstack', known_at='submitted_at') }}

),

final as (

    {{ deduplicated('source', ['ticket_id'], ['submitted_at']) }}

)

select * from final
