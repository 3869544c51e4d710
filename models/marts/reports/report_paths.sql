{%- set per_customer = 'partition by actor_key order by occurred_at, instant_order' -%}
{%- set per_session = 'partition by actor_key, session_number order by occurred_at, instant_order' -%}
with

events as (

    select * from {{ ref('int_events') }}
    where
        is_active
        and is_identified
        and event_date <= {{ as_of_date() }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain = 'month'

),

segments as (select * from {{ ref('int_customer_segments') }}),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

in_sessions as (

    select
        actor_key,
        instant_order,
        event_name,
        occurred_at,
        event_date,
        case when gap_ms is not null then lag(event_name) over ({{ per_customer }}) end as previous_event,
        count(case when gap_ms is null then 1 end) over (
            partition by actor_key
            order by occurred_at, instant_order
            rows between unbounded preceding and current row
        ) as session_number
    from events

),

steps as (

    -- consecutive repeats are one step
    select
        actor_key,
        event_name as from_event,
        lead(event_name) over ({{ per_session }}) as to_event,
        row_number() over ({{ per_session }}) as step_number,
        min(event_date) over (partition by actor_key, session_number) as session_date
    from in_sessions
    where
        previous_event is null
        or previous_event <> event_name

),

customer_edges as (

    select
        periods.period_grain,
        periods.period_start,
        periods.segment_date,
        steps.actor_key,
        steps.step_number,
        steps.from_event,
        steps.to_event,
        count(*) as transitions
    from steps
    inner join periods
        on steps.session_date between periods.period_start and periods.last_day
    where
        steps.to_event is not null
        and steps.step_number <= {{ var('path_max_steps') }}
    group by
        periods.period_grain,
        periods.period_start,
        periods.segment_date,
        steps.actor_key,
        steps.step_number,
        steps.from_event,
        steps.to_event

),

totals as (

    select
        customer_edges.period_grain,
        customer_edges.period_start,
        customer_edges.step_number,
        customer_edges.from_event,
        customer_edges.to_event,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        sum(customer_edges.transitions) as transitions,
        count(*) as customers
    from customer_edges
    left join segments
        on
            customer_edges.actor_key = segments.customer_key
            and customer_edges.segment_date = segments.as_of_date
    group by
        customer_edges.period_grain,
        customer_edges.period_start,
        customer_edges.step_number,
        customer_edges.from_event,
        customer_edges.to_event,
        coalesce(segments.segment_set_key, 0)

),

fanned_out as (

    {{ by_segment(
        'totals',
        'segment_sets',
        ['period_grain', 'period_start', 'step_number', 'from_event', 'to_event'],
        ['transitions', 'customers']
    ) }}

),

final as (

    select
        fanned_out.period_grain,
        fanned_out.period_start,
        fanned_out.segment_dimension,
        fanned_out.segment_key,
        cast(fanned_out.step_number as integer) as step_number,
        fanned_out.from_event,
        fanned_out.to_event,
        periods.is_complete,
        cast(fanned_out.transitions as bigint) as transitions,
        cast(fanned_out.customers as bigint) as customers,
        periods.as_of_date
    from fanned_out
    inner join periods
        on fanned_out.period_start = periods.period_start

)

select * from final
