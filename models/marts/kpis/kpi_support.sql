with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

customer_periods as (

    select * from {{ ref('int_customer_periods') }}
    where period_grain in ('week', 'month') and active_days > 0

),

periods as (select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')),

segment_grid as (

    select * from {{ ref('int_segment_grid') }}
    where
        entity_type = 'customer'
        and period_grain in ('week', 'month')

),

segments as (select * from {{ ref('int_customer_segments') }}),

segment_sets as (select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'),

-- a ticket is in the period in which it was opened, and in the backlog of every period at whose end it is open
placed as (

    select
        periods.period_grain,
        periods.period_start,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        tickets.created_on >= periods.period_start as is_new,
        tickets.solved_at is null or {{ local_date('tickets.solved_at') }} > periods.last_day as is_open_at_end,
        tickets.first_responded_at,
        tickets.solved_at,
        coalesce(tickets.reopened_count, 0) > 0 as is_reopened,
        {{ milliseconds_between('tickets.created_at', 'tickets.first_responded_at') }} / 3600000e0 as response_hours,
        {{ milliseconds_between('tickets.created_at', 'tickets.solved_at') }} / 3600000e0 as resolution_hours
    from tickets
    inner join periods
        on
            tickets.created_on <= periods.last_day
            and (tickets.solved_at is null or {{ local_date('tickets.solved_at') }} >= periods.period_start)
    left join segments
        on
            tickets.customer_id = segments.customer_id
            and periods.segment_date = segments.as_of_date

),

{% set tests = {
    'tickets': 'is_new',
    'responded': 'is_new and first_responded_at is not null',
    'solved': 'is_new and solved_at is not null',
    'reopened': 'is_new and is_reopened',
    'backlog': 'is_open_at_end',
} -%}
{% set counts = tests.keys() | list + ['active_customers'] -%}
totals as (

    select
        period_grain,
        period_start,
        segment_set_key,
        {% for name, test in tests.items() -%}
        sum(case when {{ test }} then 1 else 0 end) as {{ name }},
        {% endfor -%}
        0 as active_customers
    from placed
    group by period_grain, period_start, segment_set_key
    union all
    select
        period_grain,
        period_start,
        segment_set_key,
        {% for name in tests -%}
        0 as {{ name }},
        {% endfor -%}
        count(*) as active_customers
    from customer_periods
    group by period_grain, period_start, segment_set_key

),

fanned_out as (

    {{ by_segment('totals', 'segment_sets', ['period_grain', 'period_start'], counts) }}

),

counted as (

    {{ on_segment_grid('segment_grid', 'fanned_out', {'bigint': counts}) }}

),

{% set hours = [('response', 0.5), ('response', 0.9), ('resolution', 0.5), ('resolution', 0.9)] -%}
waits as (

    -- percentiles do not add up, so the tickets themselves are fanned out to segments
    select
        {% for wait, share in hours -%}
        {{ percentile('placed.' ~ wait ~ '_hours', share) }} as {{ wait }}_hours_p{{ (share * 100) | int }},
        {% endfor -%}
        placed.period_grain,
        placed.period_start,
        segment_sets.segment_dimension,
        segment_sets.segment_key
    from placed
    inner join segment_sets
        on placed.segment_set_key = segment_sets.segment_set_key
    where placed.is_new
    group by placed.period_grain, placed.period_start, segment_sets.segment_dimension, segment_sets.segment_key

),

final as (

    select
        counted.period_grain,
        counted.period_start,
        counted.segment_dimension,
        counted.segment_key,
        counted.is_complete,
        {% for column in counts -%}
        counted.{{ column }},
        {% endfor -%}
        100 * {{ safe_divide('counted.tickets', 'counted.active_customers') }} as tickets_per_100_active,
        {% for wait, share in hours -%}
        waits.{{ wait }}_hours_p{{ (share * 100) | int }},
        {% endfor -%}
        {{ rate_with_interval('reopen_rate', 'counted.reopened', 'counted.tickets') }},
        counted.as_of_date
    from counted
    left join waits
        on {{ same_segment_period('counted', 'waits') }}

)

select * from final
