with

customer_periods as (

    select * from {{ ref('int_customer_periods') }} where active_days > 0

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

periods as (

    select * from {{ ref('int_periods') }}

),

activity_days as (

    select * from {{ ref('int_segment_activity_days') }}

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

first_day as (

    select min(period_start) as first_active_on from customer_periods where period_grain = 'day'

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

actives as (

    select
        period_grain,
        period_start,
        segment_set_key,
        count(*) as active_customers,
        sum(case when lifecycle_state = 'new' then 1 else 0 end) as new_customers,
        sum(active_days) as customer_days
    from customer_periods
    group by period_grain, period_start, segment_set_key

),

fanned_out as (

    {{ by_segment('actives', ['period_grain', 'period_start'], ['active_customers', 'new_customers', 'customer_days']) }}

),

grid as (

    {{ segment_grid('periods') }}

),

final as (

    select
        grid.period_grain,
        grid.period_start,
        grid.segment_dimension,
        grid.segment_key,
        grid.is_complete,
        cast(coalesce(fanned_out.active_customers, 0) as bigint) as active_customers,
        cast(coalesce(fanned_out.new_customers, 0) as bigint) as new_customers,
        cast(case when grid.segment_dimension = 'all' then coalesce(visitors.anonymous_visitors, 0) end as bigint)
            as anonymous_visitors,
        cast(coalesce(fanned_out.customer_days, 0) as bigint) as customer_days,
        cast(grid.days_elapsed as bigint) as days_elapsed,
        {{ safe_divide('coalesce(fanned_out.customer_days, 0)', 'grid.days_elapsed') }} as dau_mean,
        cast(activity_days.dau as bigint) as dau,
        cast(activity_days.wau as bigint) as wau,
        cast(activity_days.mau as bigint) as mau,
        cast(activity_days.customer_days_28d as bigint) as customer_days_28d,
        cast(activity_days.customer_days_28d as double) / 28 as dau_mean_28d,
        -- the first 28 days of a product are no window of 28 days
        case
            when {{ days_between('first_day.first_active_on', 'grid.last_day') }} >= 27
                then {{ safe_divide('activity_days.customer_days_28d', '28.0 * activity_days.mau') }}
        end as stickiness,
        grid.as_of_date
    from grid
    cross join first_day
    inner join activity_days
        on
            grid.last_day = activity_days.date_day
            and grid.segment_dimension = activity_days.segment_dimension
            and grid.segment_key = activity_days.segment_key
    left join fanned_out
        on {{ same_segment_period('grid', 'fanned_out') }}
    left join visitors
        on
            grid.period_grain = visitors.period_grain
            and grid.period_start = visitors.period_start
            and grid.segment_dimension = visitors.segment_dimension

)

select * from final
