{#-
    Only the records that lose: counting ids first and ranking the few that repeat costs a tenth of a window over
    all events. The earliest receipt wins; file and row decide ties, so the order of landing does not matter.
-#}
with

events as (

    select
        event_key,
        received_at,
        _batch_id,
        _row,
        _load_id
    from {{ staged('events') }}

),

repeated as (

    select event_key
    from events
    group by event_key
    having count(*) > 1

),

ranked as (

    select
        events.*,
        row_number() over (
            partition by events.event_key
            order by events.received_at, events._batch_id, events._row
        ) as receipt_rank
    from events
    inner join repeated
        on events.event_key = repeated.event_key

),

final as (

    select
        event_key,
        _load_id,
        _row
    from ranked
    where receipt_rank > 1

)

select * from final
