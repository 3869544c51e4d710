{{ config(materialized='view') }}
with

snapshots as (

    select * from {{ ref('int_customer_snapshots') }}

),

final as (

    select
        -- ids
        customer_id,
        account_id,

        -- activity
        {{ days_between('last_active_on', 'as_of_date') }} as days_since_active,
        cast(active_days_7d as integer) as active_days_7d,
        cast(active_days_28d as integer) as active_days_28d,
        cast(active_days_90d as integer) as active_days_90d,
        cast(events_28d as bigint) as events_28d,
        cast(sessions_7d as integer) as sessions_7d,
        cast(sessions_28d as integer) as sessions_28d,
        cast(sessions_90d as integer) as sessions_90d,
        cast(cast(active_ms_28d as decimal(18, 0)) / 60000 as decimal(18, 2)) as active_minutes_28d,
        cast(features_used_28d as integer) as features_used_28d,
        cast(features_used_90d as integer) as features_used_90d,
        main_device_28d,

        -- value
        cast(orders as integer) as orders,
        cast(net_spend as decimal(18, 2)) as net_spend,
        {{ days_between('last_ordered_on', 'as_of_date') }} as days_since_order,
        cast(mrr as decimal(18, 2)) as mrr,
        cast(seats as bigint) as seats,
        plan_id,
        is_paying,
        has_ever_paid,

        -- voice
        last_nps_score,
        last_csat_score,
        cast(open_tickets as integer) as open_tickets,

        -- who
        tenure_days,
        country_code,
        industry,
        size_band,
        revenue_band,

        -- dates
        first_seen_on,
        first_active_on,
        last_active_on,
        first_ordered_on,
        last_ordered_on,
        is_current,
        as_of_date
    from snapshots

)

select * from final
