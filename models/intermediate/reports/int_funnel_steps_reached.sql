{%- set steps = range(1, 7) -%}
{%- set per_attempt = 'partition by funnel, customer_key, period_grain, period_start order by reached_at, step_number' -%}
with

attempts as (

    select * from {{ ref('int_funnel_attempts') }}

),

all_periods as (

    select * from {{ ref('int_periods') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

days as (

    select * from all_periods where period_grain = 'day'

),

periods as (

    select * from all_periods where period_grain in ('week', 'month')

),

ranked as (

    -- the best attempt of a customer in a period: the furthest, then the first
    select
        attempts.*,
        periods.period_grain,
        periods.period_start,
        row_number() over (
            partition by attempts.funnel, attempts.customer_key, periods.period_grain, periods.period_start
            order by
                {% for step in steps -%}
                case when attempts.step_{{ step }}_at is null then 0 else 1 end{{ ' +' if not loop.last }}
                {% endfor %} desc,
                attempts.started_at asc,
                attempts.instant_order asc
        ) as attempt_rank
    from attempts
    inner join periods
        on attempts.started_on between periods.period_start and periods.last_day

),

best as (

    select
        ranked.*,
        coalesce(segments.segment_set_key, 0) as segment_set_key
    from ranked
    inner join days
        on ranked.started_on = days.period_start
    left join segments
        on
            ranked.customer_key = segments.customer_key
            and days.segment_date = segments.as_of_date
    where ranked.attempt_rank = 1

),

reached as (

    {% for step in steps -%}
    select
        funnel,
        period_grain,
        period_start,
        segment_set_key,
        customer_key,
        {{ step }} as step_number,
        step_{{ step }}_at as reached_at
    from best
    where step_{{ step }}_at is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (

    -- steps in any order are numbered as they were done
    select
        funnel,
        period_grain,
        period_start,
        segment_set_key,
        customer_key,
        cast(row_number() over ({{ per_attempt }}) as integer) as step_number,
        {{ milliseconds_between('lag(reached_at) over (' ~ per_attempt ~ ')', 'reached_at') }} / 1000e0 as seconds_from_previous
    from reached

)

select * from final
