{#-
    Where each event stands among those of its instant, by its id as text: the core keeps no text to order by. Like
    duplicates, ties are found by counting and only the few are ranked. What changes a tie arrives on its day, which is
    then computed anew.
-#}
with

events as (

    select
        event_key,
        event_id,
        occurred_at
    from {{ staged('events') }}

),

shared_instants as (

    select occurred_at
    from events
    group by occurred_at
    having min(event_key) <> max(event_key)

),

ranked as (

    select
        events.event_key,
        events.occurred_at,
        dense_rank() over (partition by events.occurred_at order by events.event_id) as instant_order
    from events
    inner join shared_instants
        on events.occurred_at = shared_instants.occurred_at

),

final as (

    select
        event_key,
        occurred_at,
        cast(max(instant_order) as integer) as instant_order
    from ranked
    group by event_key, occurred_at

)

select * from final
