{{ config(severity='warn') }}
{#- A later phase cuts these short; where they were meant to be sold side by side, the feed has to send item_id. -#}
with

phases as (

    select * from {{ ref('subscription_overlaps') }}

),

final as (

    select
        subscription_id,
        line_key,
        phase_started_at,
        phase_ended_at,
        next_live_started_at
    from phases
    where overlap_kind = 'closed_too_late'

)

select * from final
