{#- The feeds whose newest receipt moves the clock, and those whose load restates events. -#}
{%- set receipts = ['events', 'transactions', 'subscriptions', 'tickets', 'survey_responses'] -%}
with

receipts as (

    {% for feed in receipts -%}
    select
        max(received_at) as received_at,
        max(_load_id) as load_id
    from {{ staged(feed) }}
    union all
    {% endfor -%}
    select
        cast(null as timestamp) as received_at,
        max(_load_id) as load_id
    from {{ staged('users') }}

),

newest as (

    select
        {{ local_date('max(received_at)') }} as as_of_date,
        coalesce(max(load_id), 0) as load_id
    from receipts

),

final as (

    select
        as_of_date,
        -- the day of the newest receipt was still running
        {{ add_days('as_of_date', -1) }} as complete_through,
        load_id
    from newest

)

select * from final
