{{ config(materialized='view') }}
with

snapshots as (

    select * from {{ ref('int_customer_snapshots') }}

),

customers as (

    select * from {{ ref('int_customers') }}

),

accounts as (

    select * from {{ ref('int_account_snapshots') }}

),

final as (

    select
        -- ids
        snapshots.customer_id,
        snapshots.account_id,

        -- activity
        {{ days_between('snapshots.last_active_on', 'snapshots.as_of_date') }} as days_since_active,
        cast(snapshots.active_days_7d as integer) as active_days_7d,
        cast(snapshots.active_days_28d as integer) as active_days_28d,
        cast(snapshots.active_days_90d as integer) as active_days_90d,
        cast(snapshots.events_28d as bigint) as events_28d,
        cast(snapshots.sessions_7d as integer) as sessions_7d,
        cast(snapshots.sessions_28d as integer) as sessions_28d,
        cast(snapshots.sessions_90d as integer) as sessions_90d,
        cast(cast(snapshots.active_ms_28d as decimal(18, 0)) / 60000 as decimal(18, 2)) as active_minutes_28d,
        cast(snapshots.features_used_28d as integer) as features_used_28d,
        cast(snapshots.features_used_90d as integer) as features_used_90d,
        snapshots.main_device_28d,

        -- value
        cast(snapshots.orders as integer) as orders,
        cast(snapshots.net_spend as decimal(18, 2)) as net_spend,
        {{ days_between('snapshots.last_ordered_on', 'snapshots.as_of_date') }} as days_since_order,
        cast(coalesce(accounts.mrr, 0) as decimal(18, 2)) as mrr,
        cast(coalesce(accounts.seats, 0) as bigint) as seats,
        accounts.plan_id,
        coalesce(accounts.is_paying, false) as is_paying,
        coalesce(accounts.has_ever_paid, false) as has_ever_paid,

        -- voice
        snapshots.last_nps_score,
        snapshots.last_csat_score,
        cast(snapshots.open_tickets as integer) as open_tickets,

        -- who
        snapshots.tenure_days,
        coalesce(customers.country_code, accounts.country_code) as country_code,
        accounts.industry,
        accounts.size_band,
        accounts.revenue_band,

        -- dates
        snapshots.first_seen_on,
        snapshots.first_active_on,
        snapshots.last_active_on,
        snapshots.first_ordered_on,
        snapshots.last_ordered_on,
        snapshots.is_current,
        snapshots.as_of_date
    from snapshots
    inner join customers
        on snapshots.customer_key = customers.customer_key
    left join accounts
        on
            snapshots.account_key = accounts.account_key
            and snapshots.as_of_date = accounts.as_of_date

)

select * from final
