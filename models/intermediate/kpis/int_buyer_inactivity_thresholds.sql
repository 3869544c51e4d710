{#-
    Buyers without a contract: after each purchase a silence longer than usual counts as leaving. What is usual is told by the gaps
    known at the purchase, so that a closed month does not change with what is bought later.
-#}
with

orders as (

    select * from {{ ref('int_orders') }}

),

purchase_days as (

    select distinct
        customer_key,
        ordered_on
    from orders

),

purchases as (

    select
        *,
        row_number() over (partition by customer_key order by ordered_on) as purchase_number,
        {{ days_between('lag(ordered_on) over (partition by customer_key order by ordered_on)', 'ordered_on') }} as gap_days,
        lead(ordered_on) over (partition by customer_key order by ordered_on) as next_ordered_on
    from purchase_days

),

usual as (

    select
        purchases.customer_key,
        purchases.purchase_number,
        {{ percentile('earlier.gap_days', 0.9) }} as usual_gap_days
    from purchases
    inner join purchases as earlier
        on
            purchases.customer_key = earlier.customer_key
            and purchases.purchase_number >= earlier.purchase_number
    where earlier.gap_days is not null
    group by purchases.customer_key, purchases.purchase_number

),

limited as (

    select
        purchases.customer_key,
        purchases.purchase_number,
        purchases.ordered_on,
        purchases.next_ordered_on,
        -- rounded first: of gaps of 40 and 60 days, interpolation makes 54.00000000000001 on one engine and 54 on another
        cast(
            ceil(greatest(coalesce({{ rounded('usual.usual_gap_days', 6) }}, 0), {{ var('inactivity_floor_days') }})) as integer
        ) as limit_days
    from purchases
    left join usual
        on
            purchases.customer_key = usual.customer_key
            and purchases.purchase_number = usual.purchase_number

),

final as (

    select
        customer_key,
        purchase_number,
        ordered_on,
        next_ordered_on,
        limit_days,
        case
            when {{ add_days('ordered_on', 'limit_days + 1') }} <= coalesce(next_ordered_on, {{ as_of_date() }})
                then {{ add_days('ordered_on', 'limit_days + 1') }}
        end as lapsed_on,
        lag({{ add_days('ordered_on', 'limit_days + 1') }}) over (partition by customer_key order by purchase_number)
        <= ordered_on as is_return
    from limited

)

select * from final
