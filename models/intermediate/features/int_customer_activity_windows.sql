with

days as (

    select * from {{ ref('int_customer_days') }}

),

snapshot_days as (

    select * from {{ ref('int_snapshot_days') }}

),

final as (

    select
        days.customer_key,
        snapshot_days.as_of_date,
        max(days.activity_date) as last_active_on,
        sum(case when snapshot_days.age_days < 7 then 1 else 0 end) as active_days_7d,
        sum(case when snapshot_days.age_days < 28 then 1 else 0 end) as active_days_28d,
        sum(case when snapshot_days.age_days between 28 and 55 then 1 else 0 end) as active_days_previous_28d,
        sum(case when snapshot_days.age_days < 90 then 1 else 0 end) as active_days_90d,
        sum(case when snapshot_days.age_days < 28 then days.events else 0 end) as events_28d,
        sum(case when snapshot_days.age_days < 7 then days.sessions else 0 end) as sessions_7d,
        sum(case when snapshot_days.age_days < 28 then days.sessions else 0 end) as sessions_28d,
        sum(case when snapshot_days.age_days < 90 then days.sessions else 0 end) as sessions_90d,
        sum(case when snapshot_days.age_days < 28 then days.active_ms else 0 end) as active_ms_28d,
        bit_or(case when snapshot_days.age_days < 28 then days.features_mask else 0 end) as features_mask_28d,
        bit_or(case when snapshot_days.age_days < 90 then days.features_mask else 0 end) as features_mask_90d,
        sum(case when snapshot_days.age_days < 28 then days.desktop_events else 0 end) as desktop_events_28d,
        sum(case when snapshot_days.age_days < 28 then days.mobile_events else 0 end) as mobile_events_28d,
        sum(case when snapshot_days.age_days < 28 then days.tablet_events else 0 end) as tablet_events_28d
    from days
    inner join snapshot_days
        on days.activity_date = snapshot_days.date_day
    group by days.customer_key, snapshot_days.as_of_date

)

select * from final
