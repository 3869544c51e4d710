{{ config(enabled=var('preset') == 'ravenstack') }}
with

source as (

    select * from {{ raw_source('support_tickets', source='ravenstack', known_at='submitted_at') }}

),

deduplicated as (

    {{ deduplicated('source', ['ticket_id'], ['submitted_at']) }}

),

final as (

    select
        ticket_id,
        account_id,
        submitted_at,
        closed_at,
        resolution_time_hours,
        priority,
        first_response_time_minutes,
        satisfaction_score,
        escalation_flag,
        _batch_id,
        _row,
        _load_id
    from deduplicated

)

select * from final
