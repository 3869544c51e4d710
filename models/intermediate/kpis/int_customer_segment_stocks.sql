{#- Members of each combination of segments on an as-of date: the opening stock of the periods after it. -#}
with

segments as (

    select * from {{ ref('int_customer_segments') }}

),

final as (

    select
        as_of_date,
        segment_set_key,
        count(*) as members,
        count(first_active_on) as ever_active,
        count(case when active_days_7d > 0 then 1 end) as active_7d,
        count(case when active_days_28d > 0 then 1 end) as active_28d,
        sum(active_days_28d) as customer_days_28d,
        count(case when has_stopped_paying then 1 end) as lapsed_payers
    from segments
    group by as_of_date, segment_set_key

)

select * from final
