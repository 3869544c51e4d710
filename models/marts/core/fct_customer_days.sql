{{ config(materialized='view') }}
with

days as (

    select * from {{ ref('int_customer_days') }}

),

customers as (

    select * from {{ ref('int_customers') }}

),

final as (

    select
        customers.customer_id,
        days.events,
        cast(days.sessions as bigint) as sessions,
        cast(cast(days.active_ms as decimal(18, 0)) / 1000 as decimal(18, 3)) as active_seconds,
        {{ bits_set('days.features_mask') }} as features_used,
        days.features_mask,
        days.activity_date
    from days
    inner join customers
        on days.customer_key = customers.customer_key
    where days.activity_date <= {{ as_of_date() }}

)

select * from final
