{#- Trailing windows without expanding a customer-day into the days that see it: a customer enters a window with a day of
    activity and leaves when the window has moved past the last one. Segments change only with an as-of date, so each stretch
    between two of them starts from the stock of the first and adds entries and exits. -#}
{%- set wau_days, mau_days = trailing_windows().wau, trailing_windows().mau -%}
{%- set per_customer = 'partition by customer_key order by period_start' -%}
{%- set since_as_of_date = 'partition by segment_grid.segment_dimension, segment_grid.segment_key, segment_grid.segment_date'
    ~ ' order by segment_grid.period_start rows between unbounded preceding and current row' -%}
with

days as (

    select * from {{ ref('int_customer_periods') }}
    where
        period_grain = 'day'
        and active_days > 0

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain = 'day'

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

stocks as (

    select * from {{ ref('int_customer_segment_stocks') }}

),

segment_grid as (

    select * from {{ ref('int_segment_grid') }}
    where
        entity_type = 'customer'
        and period_grain = 'day'

),

segment_sets as (

    select * from {{ ref('int_segment_sets') }} where entity_type = 'customer'

),

spaced as (

    select
        customer_key,
        segment_set_key,
        period_start as active_on,
        coalesce({{ days_between('lag(period_start) over (' ~ per_customer ~ ')', 'period_start') }}, 1000) as days_since,
        coalesce({{ days_between('period_start', 'lead(period_start) over (' ~ per_customer ~ ')') }}, 1000) as days_until
    from days

),

expiries as (

    select
        customer_key,
        {{ add_days('active_on', wau_days) }} as expires_on,
        -1 as wau,
        0 as mau,
        0 as customer_days_28d
    from spaced
    where days_until > {{ wau_days }}
    union all
    select
        customer_key,
        {{ add_days('active_on', mau_days) }} as expires_on,
        0 as wau,
        case when days_until > {{ mau_days }} then -1 else 0 end as mau,
        -1 as customer_days_28d
    from spaced

),

changes as (

    select
        active_on as date_day,
        segment_set_key,
        count(*) as dau,
        sum(case when days_since > {{ wau_days }} then 1 else 0 end) as wau,
        sum(case when days_since > {{ mau_days }} then 1 else 0 end) as mau,
        count(*) as customer_days_28d
    from spaced
    group by active_on, segment_set_key
    union all
    select
        expiries.expires_on as date_day,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        0 as dau,
        sum(expiries.wau) as wau,
        sum(expiries.mau) as mau,
        sum(expiries.customer_days_28d) as customer_days_28d
    from expiries
    inner join periods
        on expiries.expires_on = periods.period_start
    left join segments
        on
            expiries.customer_key = segments.customer_key
            and periods.segment_date = segments.as_of_date
    group by expiries.expires_on, coalesce(segments.segment_set_key, 0)
    union all
    select
        {{ add_days('as_of_date', 1) }} as date_day,
        segment_set_key,
        0 as dau,
        active_7d as wau,
        active_28d as mau,
        customer_days_28d
    from stocks

),

fanned_out as (

    {{ by_segment('changes', 'segment_sets', ['date_day'], ['dau', 'wau', 'mau', 'customer_days_28d']) }}

),

final as (

    select
        segment_grid.period_start as date_day,
        segment_grid.segment_dimension,
        segment_grid.segment_key,
        {% for measure in ['wau', 'mau', 'customer_days_28d'] -%}
        sum(coalesce(fanned_out.{{ measure }}, 0)) over ({{ since_as_of_date }}) as {{ measure }},
        {% endfor -%}
        coalesce(fanned_out.dau, 0) as dau
    from segment_grid
    left join fanned_out
        on
            segment_grid.period_start = fanned_out.date_day
            and segment_grid.segment_dimension = fanned_out.segment_dimension
            and segment_grid.segment_key = fanned_out.segment_key

)

select * from final
