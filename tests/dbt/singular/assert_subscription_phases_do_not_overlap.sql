{{ config(severity='warn') }}
{#- A later phase cuts these short; where they were meant to be sold side by side, the feed has to send item_id. -#}
with

phases as (

    select * from {{ ref('subscription_overlaps') }}

),

final as (

    select * from phases where overlap_kind = 'closed_too_late'

)

select * from final
