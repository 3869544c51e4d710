{#- One scan of the events for everything that identity needs of them. -#}
with

events as (

    select * from {{ staged('events') }}

),

final as (

    select
        user_id,
        anonymous_id,
        max(account_id) as account_id,
        min(occurred_at) as first_occurred_at
    from events
    where
        user_id is not null
        and {{ known_by_as_of_date('occurred_at') }}
    group by user_id, anonymous_id

)

select * from final
