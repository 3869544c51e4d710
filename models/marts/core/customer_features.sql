{{ config(materialized='view') }}
with

features as (

    select * from {{ ref('int_customer_features') }}

),

final as (

    select
        customer_id,
        account_id,
        days_since_active,
        active_days_7d,
        active_days_28d,
        active_days_previous_28d,
        active_days_90d,
        events_28d,
        sessions_7d,
        sessions_28d,
        sessions_90d,
        sessions_per_week_28d,
        active_minutes_28d,
        features_used_28d,
        features_used_90d,
        main_feature_28d,
        main_feature_share_28d,
        has_used_watched_feature,
        limit_hits_28d,
        main_device_28d,
        main_os_28d,
        main_browser_28d,
        orders,
        net_spend,
        days_since_order,
        customer_value,
        mrr,
        seats,
        plan_id,
        plan_tier,
        is_free_plan,
        has_trial,
        is_paying,
        has_ever_paid,
        last_nps_score,
        last_csat_score,
        open_tickets,
        tickets_90d,
        main_need,
        openness_score,
        price_sensitivity_score,
        autonomy_score,
        tenure_days,
        age_band,
        gender,
        education,
        income_band,
        occupation,
        job_role,
        country_code,
        region,
        city,
        language,
        world_region,
        climate_zone,
        regulatory_zone,
        industry,
        size_band,
        revenue_band,
        employee_count,
        account_members,
        cloud_platform,
        first_seen_on,
        first_active_on,
        last_active_on,
        first_ordered_on,
        last_ordered_on,
        is_current,
        as_of_date
    from features

)

select * from final
