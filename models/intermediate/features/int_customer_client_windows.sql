with

events as (

    select * from {{ ref('int_events') }}
    where
        is_active
        and is_identified

),

window_days as (

    select * from {{ ref('int_as_of_window_days') }} where age_days < {{ trailing_windows().mau }}

),

days as (

    select
        actor_key as customer_key,
        event_date,
        os,
        browser,
        count(*) as events,
        max(occurred_at) as last_used_at,
        sum(case when event_name = '{{ var("limit_event") }}' then 1 else 0 end) as limit_hits
    from events
    group by actor_key, event_date, os, browser

),

seen as (

    select
        days.customer_key,
        window_days.as_of_date,
        days.os,
        days.browser,
        sum(days.events) as events,
        sum(days.limit_hits) as limit_hits,
        max(days.last_used_at) as last_used_at
    from days
    inner join window_days
        on days.event_date = window_days.date_day
    group by days.customer_key, window_days.as_of_date, days.os, days.browser

),

ranked as (

    -- an unknown client counts only if there is no other
    select
        *,
        sum(limit_hits) over (partition by customer_key, as_of_date) as limit_hits_28d,
        row_number() over (
            partition by customer_key, as_of_date
            order by
                case when os is null then 1 else 0 end asc, events desc, last_used_at desc,
                os asc nulls last, browser asc nulls last
        ) as client_rank
    from seen

),

final as (

    select
        customer_key,
        as_of_date,
        os as main_os_28d,
        browser as main_browser_28d,
        cast(limit_hits_28d as integer) as limit_hits_28d
    from ranked
    where client_rank = 1

)

select * from final
