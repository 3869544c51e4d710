{%- set per_kind = 'partition by period_grain, period_start, segment_dimension, segment_key, client_kind' -%}
with

starts as (

    -- a session has the client of its first event
    select
        actor_key as customer_key,
        coalesce(device_type, 'unknown') as device_type,
        coalesce(os, 'unknown') as os,
        coalesce(browser, 'unknown') as browser,
        occurred_at as started_at,
        event_date as started_on
    from {{ ref('int_events') }}
    where
        is_active
        and is_identified
        and gap_ms is null
        and event_date <= {{ as_of_date() }}

),

periods as (select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')),

segments as (select * from {{ ref('int_customer_segments') }}),

segment_sets as (select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'),

clients as (

    {% for kind in ['device_type', 'os', 'browser'] -%}
    select
        customer_key,
        '{{ kind }}' as client_kind,
        {{ kind }} as client,
        started_at,
        started_on
    from starts
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- the sessions of a period, and of the 28 days that end with it
used as (

    select
        periods.period_grain,
        periods.period_start,
        periods.segment_date,
        clients.customer_key,
        clients.client_kind,
        clients.client,
        sum(case when clients.started_on > {{ add_days('periods.last_day', -trailing_windows().mau) }} then 1 else 0 end)
            as sessions_28d,
        sum(case when clients.started_on >= periods.period_start then 1 else 0 end) as sessions,
        max(clients.started_at) as last_started_at
    from clients
    inner join periods
        on
            clients.started_on <= periods.last_day
            and clients.started_on >= least(periods.period_start, {{ add_days('periods.last_day', 1 - trailing_windows().mau) }})
    group by
        periods.period_grain,
        periods.period_start,
        periods.segment_date,
        clients.customer_key,
        clients.client_kind,
        clients.client

),

ranked as (

    -- ties go to the most recent session
    select
        *,
        row_number() over (
            partition by period_grain, period_start, customer_key, client_kind
            order by sessions_28d desc, last_started_at desc, client asc
        ) as client_rank
    from used

),

totals as (

    select
        ranked.period_grain,
        ranked.period_start,
        ranked.client_kind,
        ranked.client,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        sum(ranked.sessions) as sessions,
        sum(case when ranked.client_rank = 1 and ranked.sessions_28d > 0 then 1 else 0 end) as customers
    from ranked
    left join segments
        on
            ranked.customer_key = segments.customer_key
            and ranked.segment_date = segments.as_of_date
    group by
        ranked.period_grain,
        ranked.period_start,
        ranked.client_kind,
        ranked.client,
        coalesce(segments.segment_set_key, 0)

),

fanned_out as (

    {% set keys = ['period_grain', 'period_start', 'client_kind', 'client'] -%}
    {{ by_segment('totals', 'segment_sets', keys, ['sessions', 'customers']) }}

),

counted as (

    select
        *,
        sum(sessions) over ({{ per_kind }}) as sessions_total,
        sum(customers) over ({{ per_kind }}) as customers_total
    from fanned_out

),

final as (

    select
        counted.period_grain,
        counted.period_start,
        counted.segment_dimension,
        counted.segment_key,
        counted.client_kind,
        counted.client,
        periods.is_complete,
        {% for column in ['sessions', 'sessions_total', 'customers', 'customers_total'] -%}
        cast(counted.{{ column }} as bigint) as {{ column }},
        {% endfor -%}
        {{ rate_with_interval('session_share', 'counted.sessions', 'counted.sessions_total', flag=none) }},
        {{ rate_with_interval('customer_share', 'counted.customers', 'counted.customers_total') }},
        periods.as_of_date
    from counted
    inner join periods
        on
            counted.period_grain = periods.period_grain
            and counted.period_start = periods.period_start

)

select * from final
