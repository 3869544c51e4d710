with

events as (

    select * from {{ ref('int_events') }}
    where
        is_identified
        and not is_internal
        and event_date <= {{ as_of_date() }}

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

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

customer_days as (

    select
        actor_key,
        event_name,
        event_date,
        count(*) as events
    from events
    group by actor_key, event_name, event_date

),

customer_periods as (

    {% for grain in ['day', 'week', 'month'] -%}
    select
        customer_days.actor_key,
        customer_days.event_name,
        '{{ grain }}' as period_grain,
        dates.{{ 'date_day' if grain == 'day' else grain ~ '_start' }} as period_start,
        sum(customer_days.events) as events
    from customer_days
    inner join dates
        on customer_days.event_date = dates.date_day
    group by
        customer_days.actor_key,
        customer_days.event_name,
        dates.{{ 'date_day' if grain == 'day' else grain ~ '_start' }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

totals as (

    select
        periods.period_grain,
        periods.period_start,
        customer_periods.event_name,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        sum(customer_periods.events) as total_events,
        count(*) as unique_customers
    from customer_periods
    inner join periods
        on
            customer_periods.period_grain = periods.period_grain
            and customer_periods.period_start = periods.period_start
    left join segments
        on
            customer_periods.actor_key = segments.customer_key
            and periods.segment_date = segments.as_of_date
    group by
        periods.period_grain,
        periods.period_start,
        customer_periods.event_name,
        coalesce(segments.segment_set_key, 0)

),

fanned_out as (

    {{ by_segment(
        'totals', 'segment_sets', ['period_grain', 'period_start', 'event_name'], ['total_events', 'unique_customers']
    ) }}

),

final as (

    select
        fanned_out.period_grain,
        fanned_out.period_start,
        fanned_out.segment_dimension,
        fanned_out.segment_key,
        fanned_out.event_name,
        periods.is_complete,
        cast(fanned_out.total_events as bigint) as total_events,
        cast(fanned_out.unique_customers as bigint) as unique_customers,
        {{ safe_divide('fanned_out.total_events', 'fanned_out.unique_customers') }} as events_per_customer,
        {{ is_small_n('fanned_out.unique_customers') }} as is_small_n,
        periods.as_of_date
    from fanned_out
    inner join periods
        on
            fanned_out.period_grain = periods.period_grain
            and fanned_out.period_start = periods.period_start

)

select * from final
