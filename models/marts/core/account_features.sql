{{ config(materialized='view') }}
with

snapshots as (

    select * from {{ ref('int_account_snapshots') }}

),

final as (

    select
        account_id,
        industry,
        employee_count,
        size_band,
        annual_revenue,
        revenue_band,
        country_code,
        ownership,
        crm_stage,
        plan_id,
        cast(seats as bigint) as seats,
        cast(subscriptions as integer) as subscriptions,
        cast(mrr as decimal(18, 2)) as mrr,
        has_trial,
        is_paying,
        has_ever_paid,
        tenure_days,
        is_current,
        as_of_date
    from snapshots

)

select * from final
