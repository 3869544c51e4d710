{{ config(materialized='view') }}
with

features as (

    select * from {{ ref('int_account_features') }}

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
        cloud_platform,
        plan_id,
        plan_tier,
        is_free_plan,
        seats,
        subscriptions,
        mrr,
        has_trial,
        is_paying,
        has_ever_paid,
        members,
        active_members_28d,
        active_member_share_28d,
        features_used_28d,
        open_tickets,
        tenure_days,
        trial_started_on,
        is_current,
        as_of_date
    from features

)

select * from final
