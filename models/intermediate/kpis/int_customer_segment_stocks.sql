{#- What each combination of segments holds on an as-of date: the opening stock of every period that begins after it. -#}
with

snapshots as (

    select * from {{ ref('int_customer_snapshots') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

final as (

    select
        snapshots.as_of_date,
        segments.segment_set_key,
        count(*) as members,
        sum(case when snapshots.first_active_on is not null then 1 else 0 end) as ever_active,
        sum(case when snapshots.active_days_7d > 0 then 1 else 0 end) as active_7d,
        sum(case when snapshots.active_days_28d > 0 then 1 else 0 end) as active_28d,
        sum(snapshots.active_days_28d) as customer_days_28d,
        sum(case when snapshots.has_ever_paid and not snapshots.is_paying then 1 else 0 end) as lapsed_payers
    from snapshots
    inner join segments
        on
            snapshots.customer_key = segments.customer_key
            and snapshots.as_of_date = segments.as_of_date
    group by snapshots.as_of_date, segments.segment_set_key

)

select * from final
