with

reached as (

    select * from {{ ref('int_funnel_steps_reached') }}

),

funnels as (

    select
        *,
        ' of ' || cast(max(step_number) over (partition by funnel) as {{ dbt.type_string() }}) || ' steps' as of_steps
    from {{ ref('funnels') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

{% set keys = ['funnel', 'period_grain', 'period_start', 'step_number'] -%}
counted_by_set as (

    select
        {{ keys | join(', ') }},
        segment_set_key,
        count(*) as reached
    from reached
    group by {{ keys | join(', ') }}, segment_set_key

),

counted as (

    {{ by_segment('counted_by_set', 'segment_sets', keys, ['reached']) }}

),

medians as (

    {{ percentiles_by_segment('reached', 'segment_sets', keys, 'seconds_from_previous', {'median_seconds_from_previous': 0.5}) }}

),

laid_out as (

    -- includes steps that nobody reached
    select
        entries.period_grain,
        entries.period_start,
        entries.segment_dimension,
        entries.segment_key,
        funnels.funnel,
        funnels.order_mode,
        funnels.window_seconds,
        funnels.step_number,
        case
            when funnels.order_mode = 'any' then cast(funnels.step_number as {{ dbt.type_string() }}) || funnels.of_steps
            else funnels.step_name
        end as step_name,
        entries.reached as entered,
        coalesce(counted.reached, 0) as reached,
        medians.median_seconds_from_previous
    from counted as entries
    inner join funnels
        on entries.funnel = funnels.funnel
    left join counted
        on
            {{ same_segment_period('entries', 'counted') }}
            and entries.funnel = counted.funnel
            and funnels.step_number = counted.step_number
    left join medians
        on
            {{ same_segment_period('entries', 'medians') }}
            and entries.funnel = medians.funnel
            and funnels.step_number = medians.step_number
    where entries.step_number = 1

),

compared as (

    -- the window of the last customer who entered must be over
    select
        laid_out.*,
        periods.is_complete,
        {{ days_between('periods.last_day', 'periods.complete_through') }} * 86400 >= laid_out.window_seconds as is_mature,
        lag(laid_out.reached) over (
            partition by
                laid_out.period_grain,
                laid_out.period_start,
                laid_out.segment_dimension,
                laid_out.segment_key,
                laid_out.funnel
            order by laid_out.step_number
        ) as reached_previous,
        periods.as_of_date
    from laid_out
    inner join periods
        on
            laid_out.period_grain = periods.period_grain
            and laid_out.period_start = periods.period_start

),

final as (

    select
        period_grain,
        period_start,
        segment_dimension,
        segment_key,
        funnel,
        order_mode,
        cast(step_number as integer) as step_number,
        step_name,
        is_complete,
        is_mature,
        cast(entered as bigint) as entered,
        cast(reached as bigint) as reached,
        cast(reached_previous as bigint) as reached_previous,
        {{ rate_with_interval('conversion_from_first', 'case when is_mature then reached end', 'entered') }},
        {{ rate_with_interval(
            'conversion_from_previous', 'case when is_mature then reached end', 'reached_previous', flag=none
        ) }},
        median_seconds_from_previous,
        as_of_date
    from compared

)

select * from final
