{#- The base of activity, lifecycle and retention: which customers were active in which period, and which stopped. -#}
{%- set per_customer = 'partition by active.customer_key, active.period_grain order by periods.period_index' -%}
with

days as (

    select * from {{ ref('int_customer_days') }}

),

dates as (

    select * from {{ ref('int_dates') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

active as (

    {% for grain in ['day', 'week', 'month'] -%}
    select
        days.customer_key,
        '{{ grain }}' as period_grain,
        {{ 'days.activity_date' if grain == 'day' else 'dates.' ~ grain ~ '_start' }} as period_start,
        {% if grain == 'day' -%}
        1 as active_days,
        days.events,
        days.sessions,
        days.first_received_on
        {%- else -%}
        count(*) as active_days,
        sum(days.events) as events,
        sum(days.sessions) as sessions,
        min(days.first_received_on) as first_received_on
        {%- endif %}
    from days
    inner join dates
        on days.activity_date = dates.date_day
    {% if grain != 'day' -%}
    group by 1, 2, 3
    {%- endif %}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

numbered as (

    select
        active.*,
        periods.period_index,
        lag(periods.period_index) over ({{ per_customer }}) as previous_index,
        lead(periods.period_index) over ({{ per_customer }}) as next_index
    from active
    inner join periods
        on
            active.period_grain = periods.period_grain
            and active.period_start = periods.period_start

),

states as (

    select
        customer_key,
        period_grain,
        period_index,
        previous_index,
        case
            when previous_index is null then 'new'
            when previous_index = period_index - 1 then 'current'
            else 'resurrected'
        end as lifecycle_state,
        active_days,
        events,
        sessions,
        first_received_on
    from numbered
    union all
    -- the next period, for customers who did not return in it
    select
        customer_key,
        period_grain,
        period_index + 1 as period_index,
        cast(null as integer) as previous_index,
        'dormant' as lifecycle_state,
        0 as active_days,
        0 as events,
        0 as sessions,
        null as first_received_on
    from numbered
    where
        next_index is null
        or next_index > period_index + 1

),

final as (

    select
        states.customer_key,
        states.period_grain,
        periods.period_start,
        periods.period_index,
        states.previous_index,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        states.lifecycle_state,
        states.active_days,
        states.events,
        states.sessions,
        states.active_days > 0 as is_active,
        -- as first reported: rows received by the day after the period
        states.active_days > 0 and states.first_received_on <= {{ add_days('periods.last_day', 1) }} as is_reported_active
    from states
    inner join periods
        on
            states.period_grain = periods.period_grain
            and states.period_index = periods.period_index
    left join segments
        on
            states.customer_key = segments.customer_key
            and periods.segment_date = segments.as_of_date

)

select * from final
