with

first_days as (

    select * from {{ ref('int_customer_first_days') }}

),

windows as (

    select * from {{ ref('int_customer_activity_windows') }}

),

orders as (

    select * from {{ ref('int_customer_orders_as_of') }}

),

voice as (

    select * from {{ ref('int_customer_voice_as_of') }}

),

as_of_dates as (

    select * from {{ ref('int_as_of_dates') }}

),

known as (

    select
        first_days.*,
        as_of_dates.as_of_date,
        as_of_dates.is_current
    from first_days
    inner join as_of_dates
        on first_days.first_seen_on <= as_of_dates.as_of_date

),

members as (

    select
        account_key,
        as_of_date,
        cast(count(*) as integer) as account_members
    from known
    group by account_key, as_of_date

),

final as (

    select
        known.customer_id,
        known.customer_key,
        known.account_id,
        known.account_key,
        members.account_members,
        known.as_of_date,
        known.is_current,
        known.first_seen_on,
        {{ days_between('known.first_seen_on', 'known.as_of_date') }} as tenure_days,
        windows.last_active_on,
        case when known.first_active_on <= known.as_of_date then known.first_active_on end as first_active_on,
        coalesce(windows.active_days_7d, 0) as active_days_7d,
        coalesce(windows.active_days_28d, 0) as active_days_28d,
        coalesce(windows.active_days_previous_28d, 0) as active_days_previous_28d,
        coalesce(windows.active_days_90d, 0) as active_days_90d,
        coalesce(windows.events_28d, 0) as events_28d,
        coalesce(windows.sessions_7d, 0) as sessions_7d,
        coalesce(windows.sessions_28d, 0) as sessions_28d,
        coalesce(windows.sessions_90d, 0) as sessions_90d,
        coalesce(windows.active_ms_28d, 0) as active_ms_28d,
        coalesce(windows.features_mask_28d, 0) as features_mask_28d,
        coalesce(windows.features_used_28d, 0) as features_used_28d,
        coalesce(windows.features_used_90d, 0) as features_used_90d,
        windows.main_device_28d,
        coalesce(orders.orders, 0) as orders,
        case when orders.orders is null then 0 else orders.net_spend end as net_spend,
        orders.first_ordered_on,
        orders.last_ordered_on,
        voice.last_nps_score,
        voice.last_csat_score,
        voice.openness_score,
        voice.price_sensitivity_score,
        voice.autonomy_score,
        coalesce(voice.open_tickets, 0) as open_tickets
    from known
    inner join members
        on
            known.account_key = members.account_key
            and known.as_of_date = members.as_of_date
    left join windows
        on
            known.customer_key = windows.customer_key
            and known.as_of_date = windows.as_of_date
    left join orders
        on
            known.customer_key = orders.customer_key
            and known.as_of_date = orders.as_of_date
    left join voice
        on
            known.customer_key = voice.customer_key
            and known.as_of_date = voice.as_of_date

)

select * from final
