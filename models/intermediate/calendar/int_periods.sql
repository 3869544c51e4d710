with

dates as (

    select * from {{ ref('int_dates') }}

),

as_of_dates as (

    select * from {{ ref('int_as_of_dates') }}

),

spans as (

    {% for grain in ['day', 'week', 'month'] -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'date_day') }} as period_start,
        min(date_day) as first_day,
        max(date_day) as last_day,
        max(
            case
                when {{ 'true' if grain == 'day' else 'is_' ~ grain ~ '_end' }} and date_day <= {{ complete_through() }} then 1
                else 0
            end
        ) = 1 as is_complete
    from dates
    group by 1, 2
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

numbered as (

    select
        *,
        cast(row_number() over (partition by period_grain order by period_start) as integer) as period_index
    from spans

),

final as (

    -- segments of a period are those of the newest as-of date before it starts, so that nothing of the period leaks in
    select
        numbered.period_grain,
        numbered.period_start,
        numbered.period_index,
        numbered.first_day,
        numbered.last_day,
        {{ days_between('numbered.period_start', 'numbered.last_day') }} + 1 as days_elapsed,
        numbered.is_complete,
        max(as_of_dates.as_of_date) as segment_date,
        {{ complete_through() }} as complete_through,
        {{ as_of_date() }} as as_of_date
    from numbered
    left join as_of_dates
        on numbered.period_start > as_of_dates.as_of_date
    group by 1, 2, 3, 4, 5, 6, 7

)

select * from final
