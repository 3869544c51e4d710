{#- Buyers by whether they were live at the start and the end of a period. -#}
with

silences as (

    select * from {{ ref('int_buyer_inactivity_thresholds') }}

),

periods as (

    select * from {{ ref('int_periods') }} where period_grain in ('week', 'month')

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

opening_buyers as (

    select
        silences.customer_key,
        periods.period_grain,
        periods.period_start,
        1 as opening
    from silences
    inner join periods
        on
            silences.ordered_on < periods.period_start
            and coalesce(silences.lapsed_on, silences.next_ordered_on, {{ add_days(as_of_date(), 1) }}) >= periods.period_start

),

moves as (

    select
        customer_key,
        ordered_on as moved_on,
        case when purchase_number = 1 then 1 else 0 end as gained_new,
        case when is_return then 1 else 0 end as gained_returned,
        0 as lost
    from silences
    where
        purchase_number = 1
        or is_return
    union all
    select
        customer_key,
        lapsed_on as moved_on,
        0 as gained_new,
        0 as gained_returned,
        1 as lost
    from silences
    where lapsed_on is not null

),

buyers as (

    select
        customer_key,
        period_grain,
        period_start,
        opening,
        0 as gained_new,
        0 as gained_returned,
        0 as lost
    from opening_buyers
    union all
    select
        moves.customer_key,
        periods.period_grain,
        periods.period_start,
        0 as opening,
        moves.gained_new,
        moves.gained_returned,
        moves.lost
    from moves
    inner join periods
        on moves.moved_on between periods.period_start and periods.last_day

),

states as (

    -- a buyer can lapse and return within a period: only its start and end count
    select
        customer_key,
        period_grain,
        period_start,
        max(opening) as is_opening,
        max(gained_new) as is_new,
        case when max(opening) = 0 and max(gained_new) = 0 then max(gained_returned) else 0 end as is_returned,
        max(opening) + sum(gained_new) + sum(gained_returned) - sum(lost) as is_closing
    from buyers
    group by customer_key, period_grain, period_start

),

final as (

    select
        states.customer_key,
        states.period_grain,
        states.period_start,
        coalesce(segments.segment_set_key, 0) as segment_set_key,
        states.is_opening = 1 as is_opening,
        states.is_new = 1 as is_new,
        states.is_returned = 1 as is_returned,
        states.is_closing = 1 as is_closing
    from states
    inner join periods
        on
            states.period_grain = periods.period_grain
            and states.period_start = periods.period_start
    left join segments
        on
            states.customer_key = segments.customer_key
            and periods.segment_date = segments.as_of_date

)

select * from final
