{%- set mau_days = trailing_windows().mau -%}
with

components as (

    select * from {{ ref('int_customer_metric_components') }}

),

events as (

    select * from {{ ref('int_events') }}
    where
        is_active
        and not is_identified

),

dates as (

    select * from {{ ref('int_dates') }}

),

segment_grid as (

    select * from {{ ref('int_segment_grid') }} where entity_type = 'customer'

),

activity_days as (

    select * from {{ ref('int_segment_activity_days') }}

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

first_day as (

    select min(period_start) as first_active_on
    from components
    where
        period_grain = 'day'
        and active_customers > 0

),

visitor_days as (

    select distinct
        actor_key,
        event_date
    from events

),

visitors as (

    {% for grain in ['day', 'week', 'month'] -%}
    select
        '{{ grain }}' as period_grain,
        dates.{{ 'date_day' if grain == 'day' else grain ~ '_start' }} as period_start,
        'all' as segment_dimension,
        count(distinct visitor_days.actor_key) as anonymous_visitors
    from visitor_days
    inner join dates
        on visitor_days.event_date = dates.date_day
    group by dates.{{ 'date_day' if grain == 'day' else grain ~ '_start' }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

{% set counts = ['active_customers', 'new_customers', 'customer_days'] -%}
fanned_out as (

    {{ by_segment('components', 'segment_sets', ['period_grain', 'period_start'], counts) }}

),

counted as (

    {{ on_segment_grid('segment_grid', 'fanned_out', {'bigint': counts}) }}

),

final as (

    select
        counted.period_grain,
        counted.period_start,
        counted.segment_dimension,
        counted.segment_key,
        counted.is_complete,
        counted.active_customers,
        counted.new_customers,
        cast(case when counted.segment_dimension = 'all' then coalesce(visitors.anonymous_visitors, 0) end as bigint)
            as anonymous_visitors,
        counted.customer_days,
        cast(counted.days_elapsed as bigint) as days_elapsed,
        {{ safe_divide('counted.customer_days', 'counted.days_elapsed') }} as average_dau,
        cast(activity_days.dau as bigint) as dau,
        cast(activity_days.wau as bigint) as wau,
        cast(activity_days.mau as bigint) as mau,
        cast(activity_days.customer_days_28d as bigint) as customer_days_28d,
        cast(activity_days.customer_days_28d as {{ type_double() }}) / {{ mau_days }} as average_dau_28d,
        -- within the first 28 days there is no full window
        case
            when {{ days_between('first_day.first_active_on', 'counted.last_day') }} >= {{ mau_days - 1 }}
                then {{ safe_divide('activity_days.customer_days_28d', mau_days ~ '.0 * activity_days.mau') }}
        end as stickiness,
        {{ is_small_n('activity_days.mau') }} as is_small_n,
        counted.as_of_date
    from counted
    cross join first_day
    inner join activity_days
        on
            counted.last_day = activity_days.date_day
            and counted.segment_dimension = activity_days.segment_dimension
            and counted.segment_key = activity_days.segment_key
    left join visitors
        on
            counted.period_grain = visitors.period_grain
            and counted.period_start = visitors.period_start
            and counted.segment_dimension = visitors.segment_dimension

)

select * from final
