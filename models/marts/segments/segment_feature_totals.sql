-- Compiled by `segmentry definitions compile` from definitions/. Change it there.
with

membership as (

    select * from {{ ref('segment_membership') }}

),

features as (

    select * from {{ ref('profile_features') }}

),

customer_features as (

    select * from {{ ref('customer_features') }} where is_current

),

customer_today as (

    select
        cast(days_since_active as {{ type_decimal(19, 4) }}) as days_since_active,
        cast(active_days_7d as {{ type_decimal(19, 4) }}) as active_days_7d,
        cast(active_days_28d as {{ type_decimal(19, 4) }}) as active_days_28d,
        cast(active_days_previous_28d as {{ type_decimal(19, 4) }}) as active_days_previous_28d,
        cast(active_days_90d as {{ type_decimal(19, 4) }}) as active_days_90d,
        cast(events_28d as {{ type_decimal(19, 4) }}) as events_28d,
        cast(sessions_7d as {{ type_decimal(19, 4) }}) as sessions_7d,
        cast(sessions_28d as {{ type_decimal(19, 4) }}) as sessions_28d,
        cast(sessions_90d as {{ type_decimal(19, 4) }}) as sessions_90d,
        cast(sessions_per_week_28d as {{ type_decimal(19, 4) }}) as sessions_per_week_28d,
        cast(active_minutes_28d as {{ type_decimal(19, 4) }}) as active_minutes_28d,
        cast(features_used_28d as {{ type_decimal(19, 4) }}) as features_used_28d,
        cast(features_used_90d as {{ type_decimal(19, 4) }}) as features_used_90d,
        cast(main_feature_share_28d as {{ type_decimal(19, 4) }}) as main_feature_share_28d,
        cast(limit_hits_28d as {{ type_decimal(19, 4) }}) as limit_hits_28d,
        cast(orders as {{ type_decimal(19, 4) }}) as orders,
        cast(net_spend as {{ type_decimal(19, 4) }}) as net_spend,
        cast(days_since_order as {{ type_decimal(19, 4) }}) as days_since_order,
        cast(customer_value as {{ type_decimal(19, 4) }}) as customer_value,
        cast(mrr as {{ type_decimal(19, 4) }}) as mrr,
        cast(seats as {{ type_decimal(19, 4) }}) as seats,
        cast(last_nps_score as {{ type_decimal(19, 4) }}) as last_nps_score,
        cast(last_csat_score as {{ type_decimal(19, 4) }}) as last_csat_score,
        cast(open_tickets as {{ type_decimal(19, 4) }}) as open_tickets,
        cast(tickets_90d as {{ type_decimal(19, 4) }}) as tickets_90d,
        cast(openness_score as {{ type_decimal(19, 4) }}) as openness_score,
        cast(price_sensitivity_score as {{ type_decimal(19, 4) }}) as price_sensitivity_score,
        cast(autonomy_score as {{ type_decimal(19, 4) }}) as autonomy_score,
        cast(tenure_days as {{ type_decimal(19, 4) }}) as tenure_days,
        cast(employee_count as {{ type_decimal(19, 4) }}) as employee_count,
        cast(account_members as {{ type_decimal(19, 4) }}) as account_members,
        cast(
            case when has_used_watched_feature then 1 when not has_used_watched_feature then 0 end as {{ type_decimal(19, 4) }}
        ) as has_used_watched_feature,
        cast(
            case when is_free_plan then 1 when not is_free_plan then 0 end as {{ type_decimal(19, 4) }}
        ) as is_free_plan,
        cast(
            case when has_trial then 1 when not has_trial then 0 end as {{ type_decimal(19, 4) }}
        ) as has_trial,
        cast(
            case when is_paying then 1 when not is_paying then 0 end as {{ type_decimal(19, 4) }}
        ) as is_paying,
        cast(
            case when has_ever_paid then 1 when not has_ever_paid then 0 end as {{ type_decimal(19, 4) }}
        ) as has_ever_paid,
        main_feature_28d,
        main_device_28d,
        main_os_28d,
        main_browser_28d,
        plan_id,
        plan_tier,
        main_need,
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
        cloud_platform,
        customer_id as entity_id
    from customer_features

),

customer_members as (

    select
        dimension,
        segment_key,
        entity_id
    from membership
    where entity_type = 'customer'
    union all
    select
        'all' as dimension,
        'all' as segment_key,
        entity_id
    from customer_today

),

-- 19 digits by 18: twice 18 is a short decimal that overflows on one engine, twice 19 loses a digit on another
customer_sums as (

    select
        count(customer_today.days_since_active) as days_since_active_n,
        sum(customer_today.days_since_active) as days_since_active_sum,
        sum(
            customer_today.days_since_active
            * cast(customer_today.days_since_active as {{ type_decimal(18, 4) }})
        ) as days_since_active_squares,
        count(customer_today.active_days_7d) as active_days_7d_n,
        sum(customer_today.active_days_7d) as active_days_7d_sum,
        sum(
            customer_today.active_days_7d
            * cast(customer_today.active_days_7d as {{ type_decimal(18, 4) }})
        ) as active_days_7d_squares,
        count(customer_today.active_days_28d) as active_days_28d_n,
        sum(customer_today.active_days_28d) as active_days_28d_sum,
        sum(
            customer_today.active_days_28d
            * cast(customer_today.active_days_28d as {{ type_decimal(18, 4) }})
        ) as active_days_28d_squares,
        count(customer_today.active_days_previous_28d) as active_days_previous_28d_n,
        sum(customer_today.active_days_previous_28d) as active_days_previous_28d_sum,
        sum(
            customer_today.active_days_previous_28d
            * cast(customer_today.active_days_previous_28d as {{ type_decimal(18, 4) }})
        ) as active_days_previous_28d_squares,
        count(customer_today.active_days_90d) as active_days_90d_n,
        sum(customer_today.active_days_90d) as active_days_90d_sum,
        sum(
            customer_today.active_days_90d
            * cast(customer_today.active_days_90d as {{ type_decimal(18, 4) }})
        ) as active_days_90d_squares,
        count(customer_today.events_28d) as events_28d_n,
        sum(customer_today.events_28d) as events_28d_sum,
        sum(
            customer_today.events_28d
            * cast(customer_today.events_28d as {{ type_decimal(18, 4) }})
        ) as events_28d_squares,
        count(customer_today.sessions_7d) as sessions_7d_n,
        sum(customer_today.sessions_7d) as sessions_7d_sum,
        sum(
            customer_today.sessions_7d
            * cast(customer_today.sessions_7d as {{ type_decimal(18, 4) }})
        ) as sessions_7d_squares,
        count(customer_today.sessions_28d) as sessions_28d_n,
        sum(customer_today.sessions_28d) as sessions_28d_sum,
        sum(
            customer_today.sessions_28d
            * cast(customer_today.sessions_28d as {{ type_decimal(18, 4) }})
        ) as sessions_28d_squares,
        count(customer_today.sessions_90d) as sessions_90d_n,
        sum(customer_today.sessions_90d) as sessions_90d_sum,
        sum(
            customer_today.sessions_90d
            * cast(customer_today.sessions_90d as {{ type_decimal(18, 4) }})
        ) as sessions_90d_squares,
        count(customer_today.sessions_per_week_28d) as sessions_per_week_28d_n,
        sum(customer_today.sessions_per_week_28d) as sessions_per_week_28d_sum,
        sum(
            customer_today.sessions_per_week_28d
            * cast(customer_today.sessions_per_week_28d as {{ type_decimal(18, 4) }})
        ) as sessions_per_week_28d_squares,
        count(customer_today.active_minutes_28d) as active_minutes_28d_n,
        sum(customer_today.active_minutes_28d) as active_minutes_28d_sum,
        sum(
            customer_today.active_minutes_28d
            * cast(customer_today.active_minutes_28d as {{ type_decimal(18, 4) }})
        ) as active_minutes_28d_squares,
        count(customer_today.features_used_28d) as features_used_28d_n,
        sum(customer_today.features_used_28d) as features_used_28d_sum,
        sum(
            customer_today.features_used_28d
            * cast(customer_today.features_used_28d as {{ type_decimal(18, 4) }})
        ) as features_used_28d_squares,
        count(customer_today.features_used_90d) as features_used_90d_n,
        sum(customer_today.features_used_90d) as features_used_90d_sum,
        sum(
            customer_today.features_used_90d
            * cast(customer_today.features_used_90d as {{ type_decimal(18, 4) }})
        ) as features_used_90d_squares,
        count(customer_today.main_feature_share_28d) as main_feature_share_28d_n,
        sum(customer_today.main_feature_share_28d) as main_feature_share_28d_sum,
        sum(
            customer_today.main_feature_share_28d
            * cast(customer_today.main_feature_share_28d as {{ type_decimal(18, 4) }})
        ) as main_feature_share_28d_squares,
        count(customer_today.limit_hits_28d) as limit_hits_28d_n,
        sum(customer_today.limit_hits_28d) as limit_hits_28d_sum,
        sum(
            customer_today.limit_hits_28d
            * cast(customer_today.limit_hits_28d as {{ type_decimal(18, 4) }})
        ) as limit_hits_28d_squares,
        count(customer_today.orders) as orders_n,
        sum(customer_today.orders) as orders_sum,
        sum(
            customer_today.orders
            * cast(customer_today.orders as {{ type_decimal(18, 4) }})
        ) as orders_squares,
        count(customer_today.net_spend) as net_spend_n,
        sum(customer_today.net_spend) as net_spend_sum,
        sum(
            customer_today.net_spend
            * cast(customer_today.net_spend as {{ type_decimal(18, 4) }})
        ) as net_spend_squares,
        count(customer_today.days_since_order) as days_since_order_n,
        sum(customer_today.days_since_order) as days_since_order_sum,
        sum(
            customer_today.days_since_order
            * cast(customer_today.days_since_order as {{ type_decimal(18, 4) }})
        ) as days_since_order_squares,
        count(customer_today.customer_value) as customer_value_n,
        sum(customer_today.customer_value) as customer_value_sum,
        sum(
            customer_today.customer_value
            * cast(customer_today.customer_value as {{ type_decimal(18, 4) }})
        ) as customer_value_squares,
        count(customer_today.mrr) as mrr_n,
        sum(customer_today.mrr) as mrr_sum,
        sum(
            customer_today.mrr
            * cast(customer_today.mrr as {{ type_decimal(18, 4) }})
        ) as mrr_squares,
        count(customer_today.seats) as seats_n,
        sum(customer_today.seats) as seats_sum,
        sum(
            customer_today.seats
            * cast(customer_today.seats as {{ type_decimal(18, 4) }})
        ) as seats_squares,
        count(customer_today.last_nps_score) as last_nps_score_n,
        sum(customer_today.last_nps_score) as last_nps_score_sum,
        sum(
            customer_today.last_nps_score
            * cast(customer_today.last_nps_score as {{ type_decimal(18, 4) }})
        ) as last_nps_score_squares,
        count(customer_today.last_csat_score) as last_csat_score_n,
        sum(customer_today.last_csat_score) as last_csat_score_sum,
        sum(
            customer_today.last_csat_score
            * cast(customer_today.last_csat_score as {{ type_decimal(18, 4) }})
        ) as last_csat_score_squares,
        count(customer_today.open_tickets) as open_tickets_n,
        sum(customer_today.open_tickets) as open_tickets_sum,
        sum(
            customer_today.open_tickets
            * cast(customer_today.open_tickets as {{ type_decimal(18, 4) }})
        ) as open_tickets_squares,
        count(customer_today.tickets_90d) as tickets_90d_n,
        sum(customer_today.tickets_90d) as tickets_90d_sum,
        sum(
            customer_today.tickets_90d
            * cast(customer_today.tickets_90d as {{ type_decimal(18, 4) }})
        ) as tickets_90d_squares,
        count(customer_today.openness_score) as openness_score_n,
        sum(customer_today.openness_score) as openness_score_sum,
        sum(
            customer_today.openness_score
            * cast(customer_today.openness_score as {{ type_decimal(18, 4) }})
        ) as openness_score_squares,
        count(customer_today.price_sensitivity_score) as price_sensitivity_score_n,
        sum(customer_today.price_sensitivity_score) as price_sensitivity_score_sum,
        sum(
            customer_today.price_sensitivity_score
            * cast(customer_today.price_sensitivity_score as {{ type_decimal(18, 4) }})
        ) as price_sensitivity_score_squares,
        count(customer_today.autonomy_score) as autonomy_score_n,
        sum(customer_today.autonomy_score) as autonomy_score_sum,
        sum(
            customer_today.autonomy_score
            * cast(customer_today.autonomy_score as {{ type_decimal(18, 4) }})
        ) as autonomy_score_squares,
        count(customer_today.tenure_days) as tenure_days_n,
        sum(customer_today.tenure_days) as tenure_days_sum,
        sum(
            customer_today.tenure_days
            * cast(customer_today.tenure_days as {{ type_decimal(18, 4) }})
        ) as tenure_days_squares,
        count(customer_today.employee_count) as employee_count_n,
        sum(customer_today.employee_count) as employee_count_sum,
        sum(
            customer_today.employee_count
            * cast(customer_today.employee_count as {{ type_decimal(18, 4) }})
        ) as employee_count_squares,
        count(customer_today.account_members) as account_members_n,
        sum(customer_today.account_members) as account_members_sum,
        sum(
            customer_today.account_members
            * cast(customer_today.account_members as {{ type_decimal(18, 4) }})
        ) as account_members_squares,
        count(customer_today.has_used_watched_feature) as has_used_watched_feature_n,
        sum(customer_today.has_used_watched_feature) as has_used_watched_feature_sum,
        sum(
            customer_today.has_used_watched_feature
            * cast(customer_today.has_used_watched_feature as {{ type_decimal(18, 4) }})
        ) as has_used_watched_feature_squares,
        count(customer_today.is_free_plan) as is_free_plan_n,
        sum(customer_today.is_free_plan) as is_free_plan_sum,
        sum(
            customer_today.is_free_plan
            * cast(customer_today.is_free_plan as {{ type_decimal(18, 4) }})
        ) as is_free_plan_squares,
        count(customer_today.has_trial) as has_trial_n,
        sum(customer_today.has_trial) as has_trial_sum,
        sum(
            customer_today.has_trial
            * cast(customer_today.has_trial as {{ type_decimal(18, 4) }})
        ) as has_trial_squares,
        count(customer_today.is_paying) as is_paying_n,
        sum(customer_today.is_paying) as is_paying_sum,
        sum(
            customer_today.is_paying
            * cast(customer_today.is_paying as {{ type_decimal(18, 4) }})
        ) as is_paying_squares,
        count(customer_today.has_ever_paid) as has_ever_paid_n,
        sum(customer_today.has_ever_paid) as has_ever_paid_sum,
        sum(
            customer_today.has_ever_paid
            * cast(customer_today.has_ever_paid as {{ type_decimal(18, 4) }})
        ) as has_ever_paid_squares,
        customer_members.dimension,
        customer_members.segment_key,
        count(*) as members
    from customer_members
    inner join customer_today
        on customer_members.entity_id = customer_today.entity_id
    group by customer_members.dimension, customer_members.segment_key

),

customer_measured as (

    select
        customer_sums.dimension,
        customer_sums.segment_key,
        customer_sums.members,
        features.feature,
        features.feature_kind,
        cast(
            case features.feature
                when 'days_since_active' then customer_sums.days_since_active_n
                when 'active_days_7d' then customer_sums.active_days_7d_n
                when 'active_days_28d' then customer_sums.active_days_28d_n
                when 'active_days_previous_28d' then customer_sums.active_days_previous_28d_n
                when 'active_days_90d' then customer_sums.active_days_90d_n
                when 'events_28d' then customer_sums.events_28d_n
                when 'sessions_7d' then customer_sums.sessions_7d_n
                when 'sessions_28d' then customer_sums.sessions_28d_n
                when 'sessions_90d' then customer_sums.sessions_90d_n
                when 'sessions_per_week_28d' then customer_sums.sessions_per_week_28d_n
                when 'active_minutes_28d' then customer_sums.active_minutes_28d_n
                when 'features_used_28d' then customer_sums.features_used_28d_n
                when 'features_used_90d' then customer_sums.features_used_90d_n
                when 'main_feature_share_28d' then customer_sums.main_feature_share_28d_n
                when 'limit_hits_28d' then customer_sums.limit_hits_28d_n
                when 'orders' then customer_sums.orders_n
                when 'net_spend' then customer_sums.net_spend_n
                when 'days_since_order' then customer_sums.days_since_order_n
                when 'customer_value' then customer_sums.customer_value_n
                when 'mrr' then customer_sums.mrr_n
                when 'seats' then customer_sums.seats_n
                when 'last_nps_score' then customer_sums.last_nps_score_n
                when 'last_csat_score' then customer_sums.last_csat_score_n
                when 'open_tickets' then customer_sums.open_tickets_n
                when 'tickets_90d' then customer_sums.tickets_90d_n
                when 'openness_score' then customer_sums.openness_score_n
                when 'price_sensitivity_score' then customer_sums.price_sensitivity_score_n
                when 'autonomy_score' then customer_sums.autonomy_score_n
                when 'tenure_days' then customer_sums.tenure_days_n
                when 'employee_count' then customer_sums.employee_count_n
                when 'account_members' then customer_sums.account_members_n
                when 'has_used_watched_feature' then customer_sums.has_used_watched_feature_n
                when 'is_free_plan' then customer_sums.is_free_plan_n
                when 'has_trial' then customer_sums.has_trial_n
                when 'is_paying' then customer_sums.is_paying_n
                when 'has_ever_paid' then customer_sums.has_ever_paid_n
            end as bigint
        ) as known,
        cast(
            case features.feature
                when 'days_since_active' then customer_sums.days_since_active_sum
                when 'active_days_7d' then customer_sums.active_days_7d_sum
                when 'active_days_28d' then customer_sums.active_days_28d_sum
                when 'active_days_previous_28d' then customer_sums.active_days_previous_28d_sum
                when 'active_days_90d' then customer_sums.active_days_90d_sum
                when 'events_28d' then customer_sums.events_28d_sum
                when 'sessions_7d' then customer_sums.sessions_7d_sum
                when 'sessions_28d' then customer_sums.sessions_28d_sum
                when 'sessions_90d' then customer_sums.sessions_90d_sum
                when 'sessions_per_week_28d' then customer_sums.sessions_per_week_28d_sum
                when 'active_minutes_28d' then customer_sums.active_minutes_28d_sum
                when 'features_used_28d' then customer_sums.features_used_28d_sum
                when 'features_used_90d' then customer_sums.features_used_90d_sum
                when 'main_feature_share_28d' then customer_sums.main_feature_share_28d_sum
                when 'limit_hits_28d' then customer_sums.limit_hits_28d_sum
                when 'orders' then customer_sums.orders_sum
                when 'net_spend' then customer_sums.net_spend_sum
                when 'days_since_order' then customer_sums.days_since_order_sum
                when 'customer_value' then customer_sums.customer_value_sum
                when 'mrr' then customer_sums.mrr_sum
                when 'seats' then customer_sums.seats_sum
                when 'last_nps_score' then customer_sums.last_nps_score_sum
                when 'last_csat_score' then customer_sums.last_csat_score_sum
                when 'open_tickets' then customer_sums.open_tickets_sum
                when 'tickets_90d' then customer_sums.tickets_90d_sum
                when 'openness_score' then customer_sums.openness_score_sum
                when 'price_sensitivity_score' then customer_sums.price_sensitivity_score_sum
                when 'autonomy_score' then customer_sums.autonomy_score_sum
                when 'tenure_days' then customer_sums.tenure_days_sum
                when 'employee_count' then customer_sums.employee_count_sum
                when 'account_members' then customer_sums.account_members_sum
                when 'has_used_watched_feature' then customer_sums.has_used_watched_feature_sum
                when 'is_free_plan' then customer_sums.is_free_plan_sum
                when 'has_trial' then customer_sums.has_trial_sum
                when 'is_paying' then customer_sums.is_paying_sum
                when 'has_ever_paid' then customer_sums.has_ever_paid_sum
            end as {{ type_decimal(38, 4) }}
        ) as total,
        cast(
            case features.feature
                when 'days_since_active' then customer_sums.days_since_active_squares
                when 'active_days_7d' then customer_sums.active_days_7d_squares
                when 'active_days_28d' then customer_sums.active_days_28d_squares
                when 'active_days_previous_28d' then customer_sums.active_days_previous_28d_squares
                when 'active_days_90d' then customer_sums.active_days_90d_squares
                when 'events_28d' then customer_sums.events_28d_squares
                when 'sessions_7d' then customer_sums.sessions_7d_squares
                when 'sessions_28d' then customer_sums.sessions_28d_squares
                when 'sessions_90d' then customer_sums.sessions_90d_squares
                when 'sessions_per_week_28d' then customer_sums.sessions_per_week_28d_squares
                when 'active_minutes_28d' then customer_sums.active_minutes_28d_squares
                when 'features_used_28d' then customer_sums.features_used_28d_squares
                when 'features_used_90d' then customer_sums.features_used_90d_squares
                when 'main_feature_share_28d' then customer_sums.main_feature_share_28d_squares
                when 'limit_hits_28d' then customer_sums.limit_hits_28d_squares
                when 'orders' then customer_sums.orders_squares
                when 'net_spend' then customer_sums.net_spend_squares
                when 'days_since_order' then customer_sums.days_since_order_squares
                when 'customer_value' then customer_sums.customer_value_squares
                when 'mrr' then customer_sums.mrr_squares
                when 'seats' then customer_sums.seats_squares
                when 'last_nps_score' then customer_sums.last_nps_score_squares
                when 'last_csat_score' then customer_sums.last_csat_score_squares
                when 'open_tickets' then customer_sums.open_tickets_squares
                when 'tickets_90d' then customer_sums.tickets_90d_squares
                when 'openness_score' then customer_sums.openness_score_squares
                when 'price_sensitivity_score' then customer_sums.price_sensitivity_score_squares
                when 'autonomy_score' then customer_sums.autonomy_score_squares
                when 'tenure_days' then customer_sums.tenure_days_squares
                when 'employee_count' then customer_sums.employee_count_squares
                when 'account_members' then customer_sums.account_members_squares
                when 'has_used_watched_feature' then customer_sums.has_used_watched_feature_squares
                when 'is_free_plan' then customer_sums.is_free_plan_squares
                when 'has_trial' then customer_sums.has_trial_squares
                when 'is_paying' then customer_sums.is_paying_squares
                when 'has_ever_paid' then customer_sums.has_ever_paid_squares
            end as {{ type_decimal(38, 4) }}
        ) as squares
    from customer_sums
    inner join features
        on
            features.entity_type = 'customer'
            and features.feature_kind <> 'category'

),

customer_categories as (

    select
        customer_today.entity_id,
        features.feature,
        case features.feature
            when 'main_feature_28d' then customer_today.main_feature_28d
            when 'main_device_28d' then customer_today.main_device_28d
            when 'main_os_28d' then customer_today.main_os_28d
            when 'main_browser_28d' then customer_today.main_browser_28d
            when 'plan_id' then customer_today.plan_id
            when 'plan_tier' then customer_today.plan_tier
            when 'main_need' then customer_today.main_need
            when 'age_band' then customer_today.age_band
            when 'gender' then customer_today.gender
            when 'education' then customer_today.education
            when 'income_band' then customer_today.income_band
            when 'occupation' then customer_today.occupation
            when 'job_role' then customer_today.job_role
            when 'country_code' then customer_today.country_code
            when 'region' then customer_today.region
            when 'city' then customer_today.city
            when 'language' then customer_today.language
            when 'world_region' then customer_today.world_region
            when 'climate_zone' then customer_today.climate_zone
            when 'regulatory_zone' then customer_today.regulatory_zone
            when 'industry' then customer_today.industry
            when 'size_band' then customer_today.size_band
            when 'revenue_band' then customer_today.revenue_band
            when 'cloud_platform' then customer_today.cloud_platform
        end as category
    from customer_today
    inner join features
        on
            features.entity_type = 'customer'
            and features.feature_kind = 'category'

),

account_features as (

    select * from {{ ref('account_features') }} where is_current

),

account_today as (

    select
        cast(employee_count as {{ type_decimal(19, 4) }}) as employee_count,
        cast(annual_revenue as {{ type_decimal(19, 4) }}) as annual_revenue,
        cast(seats as {{ type_decimal(19, 4) }}) as seats,
        cast(subscriptions as {{ type_decimal(19, 4) }}) as subscriptions,
        cast(mrr as {{ type_decimal(19, 4) }}) as mrr,
        cast(members as {{ type_decimal(19, 4) }}) as members,
        cast(active_members_28d as {{ type_decimal(19, 4) }}) as active_members_28d,
        cast(active_member_share_28d as {{ type_decimal(19, 4) }}) as active_member_share_28d,
        cast(features_used_28d as {{ type_decimal(19, 4) }}) as features_used_28d,
        cast(open_tickets as {{ type_decimal(19, 4) }}) as open_tickets,
        cast(tenure_days as {{ type_decimal(19, 4) }}) as tenure_days,
        cast(
            case when is_free_plan then 1 when not is_free_plan then 0 end as {{ type_decimal(19, 4) }}
        ) as is_free_plan,
        cast(
            case when has_trial then 1 when not has_trial then 0 end as {{ type_decimal(19, 4) }}
        ) as has_trial,
        cast(
            case when is_paying then 1 when not is_paying then 0 end as {{ type_decimal(19, 4) }}
        ) as is_paying,
        cast(
            case when has_ever_paid then 1 when not has_ever_paid then 0 end as {{ type_decimal(19, 4) }}
        ) as has_ever_paid,
        industry,
        size_band,
        revenue_band,
        country_code,
        ownership,
        crm_stage,
        cloud_platform,
        plan_id,
        plan_tier,
        account_id as entity_id
    from account_features

),

account_members as (

    select
        dimension,
        segment_key,
        entity_id
    from membership
    where entity_type = 'account'
    union all
    select
        'all' as dimension,
        'all' as segment_key,
        entity_id
    from account_today

),

-- 19 digits by 18: twice 18 is a short decimal that overflows on one engine, twice 19 loses a digit on another
account_sums as (

    select
        count(account_today.employee_count) as employee_count_n,
        sum(account_today.employee_count) as employee_count_sum,
        sum(
            account_today.employee_count
            * cast(account_today.employee_count as {{ type_decimal(18, 4) }})
        ) as employee_count_squares,
        count(account_today.annual_revenue) as annual_revenue_n,
        sum(account_today.annual_revenue) as annual_revenue_sum,
        sum(
            account_today.annual_revenue
            * cast(account_today.annual_revenue as {{ type_decimal(18, 4) }})
        ) as annual_revenue_squares,
        count(account_today.seats) as seats_n,
        sum(account_today.seats) as seats_sum,
        sum(
            account_today.seats
            * cast(account_today.seats as {{ type_decimal(18, 4) }})
        ) as seats_squares,
        count(account_today.subscriptions) as subscriptions_n,
        sum(account_today.subscriptions) as subscriptions_sum,
        sum(
            account_today.subscriptions
            * cast(account_today.subscriptions as {{ type_decimal(18, 4) }})
        ) as subscriptions_squares,
        count(account_today.mrr) as mrr_n,
        sum(account_today.mrr) as mrr_sum,
        sum(
            account_today.mrr
            * cast(account_today.mrr as {{ type_decimal(18, 4) }})
        ) as mrr_squares,
        count(account_today.members) as members_n,
        sum(account_today.members) as members_sum,
        sum(
            account_today.members
            * cast(account_today.members as {{ type_decimal(18, 4) }})
        ) as members_squares,
        count(account_today.active_members_28d) as active_members_28d_n,
        sum(account_today.active_members_28d) as active_members_28d_sum,
        sum(
            account_today.active_members_28d
            * cast(account_today.active_members_28d as {{ type_decimal(18, 4) }})
        ) as active_members_28d_squares,
        count(account_today.active_member_share_28d) as active_member_share_28d_n,
        sum(account_today.active_member_share_28d) as active_member_share_28d_sum,
        sum(
            account_today.active_member_share_28d
            * cast(account_today.active_member_share_28d as {{ type_decimal(18, 4) }})
        ) as active_member_share_28d_squares,
        count(account_today.features_used_28d) as features_used_28d_n,
        sum(account_today.features_used_28d) as features_used_28d_sum,
        sum(
            account_today.features_used_28d
            * cast(account_today.features_used_28d as {{ type_decimal(18, 4) }})
        ) as features_used_28d_squares,
        count(account_today.open_tickets) as open_tickets_n,
        sum(account_today.open_tickets) as open_tickets_sum,
        sum(
            account_today.open_tickets
            * cast(account_today.open_tickets as {{ type_decimal(18, 4) }})
        ) as open_tickets_squares,
        count(account_today.tenure_days) as tenure_days_n,
        sum(account_today.tenure_days) as tenure_days_sum,
        sum(
            account_today.tenure_days
            * cast(account_today.tenure_days as {{ type_decimal(18, 4) }})
        ) as tenure_days_squares,
        count(account_today.is_free_plan) as is_free_plan_n,
        sum(account_today.is_free_plan) as is_free_plan_sum,
        sum(
            account_today.is_free_plan
            * cast(account_today.is_free_plan as {{ type_decimal(18, 4) }})
        ) as is_free_plan_squares,
        count(account_today.has_trial) as has_trial_n,
        sum(account_today.has_trial) as has_trial_sum,
        sum(
            account_today.has_trial
            * cast(account_today.has_trial as {{ type_decimal(18, 4) }})
        ) as has_trial_squares,
        count(account_today.is_paying) as is_paying_n,
        sum(account_today.is_paying) as is_paying_sum,
        sum(
            account_today.is_paying
            * cast(account_today.is_paying as {{ type_decimal(18, 4) }})
        ) as is_paying_squares,
        count(account_today.has_ever_paid) as has_ever_paid_n,
        sum(account_today.has_ever_paid) as has_ever_paid_sum,
        sum(
            account_today.has_ever_paid
            * cast(account_today.has_ever_paid as {{ type_decimal(18, 4) }})
        ) as has_ever_paid_squares,
        account_members.dimension,
        account_members.segment_key,
        count(*) as members
    from account_members
    inner join account_today
        on account_members.entity_id = account_today.entity_id
    group by account_members.dimension, account_members.segment_key

),

account_measured as (

    select
        account_sums.dimension,
        account_sums.segment_key,
        account_sums.members,
        features.feature,
        features.feature_kind,
        cast(
            case features.feature
                when 'employee_count' then account_sums.employee_count_n
                when 'annual_revenue' then account_sums.annual_revenue_n
                when 'seats' then account_sums.seats_n
                when 'subscriptions' then account_sums.subscriptions_n
                when 'mrr' then account_sums.mrr_n
                when 'members' then account_sums.members_n
                when 'active_members_28d' then account_sums.active_members_28d_n
                when 'active_member_share_28d' then account_sums.active_member_share_28d_n
                when 'features_used_28d' then account_sums.features_used_28d_n
                when 'open_tickets' then account_sums.open_tickets_n
                when 'tenure_days' then account_sums.tenure_days_n
                when 'is_free_plan' then account_sums.is_free_plan_n
                when 'has_trial' then account_sums.has_trial_n
                when 'is_paying' then account_sums.is_paying_n
                when 'has_ever_paid' then account_sums.has_ever_paid_n
            end as bigint
        ) as known,
        cast(
            case features.feature
                when 'employee_count' then account_sums.employee_count_sum
                when 'annual_revenue' then account_sums.annual_revenue_sum
                when 'seats' then account_sums.seats_sum
                when 'subscriptions' then account_sums.subscriptions_sum
                when 'mrr' then account_sums.mrr_sum
                when 'members' then account_sums.members_sum
                when 'active_members_28d' then account_sums.active_members_28d_sum
                when 'active_member_share_28d' then account_sums.active_member_share_28d_sum
                when 'features_used_28d' then account_sums.features_used_28d_sum
                when 'open_tickets' then account_sums.open_tickets_sum
                when 'tenure_days' then account_sums.tenure_days_sum
                when 'is_free_plan' then account_sums.is_free_plan_sum
                when 'has_trial' then account_sums.has_trial_sum
                when 'is_paying' then account_sums.is_paying_sum
                when 'has_ever_paid' then account_sums.has_ever_paid_sum
            end as {{ type_decimal(38, 4) }}
        ) as total,
        cast(
            case features.feature
                when 'employee_count' then account_sums.employee_count_squares
                when 'annual_revenue' then account_sums.annual_revenue_squares
                when 'seats' then account_sums.seats_squares
                when 'subscriptions' then account_sums.subscriptions_squares
                when 'mrr' then account_sums.mrr_squares
                when 'members' then account_sums.members_squares
                when 'active_members_28d' then account_sums.active_members_28d_squares
                when 'active_member_share_28d' then account_sums.active_member_share_28d_squares
                when 'features_used_28d' then account_sums.features_used_28d_squares
                when 'open_tickets' then account_sums.open_tickets_squares
                when 'tenure_days' then account_sums.tenure_days_squares
                when 'is_free_plan' then account_sums.is_free_plan_squares
                when 'has_trial' then account_sums.has_trial_squares
                when 'is_paying' then account_sums.is_paying_squares
                when 'has_ever_paid' then account_sums.has_ever_paid_squares
            end as {{ type_decimal(38, 4) }}
        ) as squares
    from account_sums
    inner join features
        on
            features.entity_type = 'account'
            and features.feature_kind <> 'category'

),

account_categories as (

    select
        account_today.entity_id,
        features.feature,
        case features.feature
            when 'industry' then account_today.industry
            when 'size_band' then account_today.size_band
            when 'revenue_band' then account_today.revenue_band
            when 'country_code' then account_today.country_code
            when 'ownership' then account_today.ownership
            when 'crm_stage' then account_today.crm_stage
            when 'cloud_platform' then account_today.cloud_platform
            when 'plan_id' then account_today.plan_id
            when 'plan_tier' then account_today.plan_tier
        end as category
    from account_today
    inner join features
        on
            features.entity_type = 'account'
            and features.feature_kind = 'category'

),

final as (

    select
        'customer' as entity_type,
        dimension,
        segment_key,
        feature,
        feature_kind,
        cast(null as {{ dbt.type_string() }}) as category,
        members,
        known,
        total,
        squares
    from customer_measured
    where known > 0
    union all
    select
        'customer' as entity_type,
        customer_members.dimension,
        customer_members.segment_key,
        customer_categories.feature,
        'category' as feature_kind,
        customer_categories.category,
        max(customer_sums.members) as members,
        cast(sum(count(*)) over (
            partition by customer_members.dimension, customer_members.segment_key, customer_categories.feature
        ) as bigint) as known,
        cast(count(*) as {{ type_decimal(38, 4) }}) as total,
        cast(count(*) as {{ type_decimal(38, 4) }}) as squares
    from customer_members
    inner join customer_categories
        on
            customer_members.entity_id = customer_categories.entity_id
            and customer_categories.category is not null
    inner join customer_sums
        on
            customer_members.dimension = customer_sums.dimension
            and customer_members.segment_key = customer_sums.segment_key
    group by
        customer_members.dimension,
        customer_members.segment_key,
        customer_categories.feature,
        customer_categories.category
    union all
    select
        'account' as entity_type,
        dimension,
        segment_key,
        feature,
        feature_kind,
        cast(null as {{ dbt.type_string() }}) as category,
        members,
        known,
        total,
        squares
    from account_measured
    where known > 0
    union all
    select
        'account' as entity_type,
        account_members.dimension,
        account_members.segment_key,
        account_categories.feature,
        'category' as feature_kind,
        account_categories.category,
        max(account_sums.members) as members,
        cast(sum(count(*)) over (
            partition by account_members.dimension, account_members.segment_key, account_categories.feature
        ) as bigint) as known,
        cast(count(*) as {{ type_decimal(38, 4) }}) as total,
        cast(count(*) as {{ type_decimal(38, 4) }}) as squares
    from account_members
    inner join account_categories
        on
            account_members.entity_id = account_categories.entity_id
            and account_categories.category is not null
    inner join account_sums
        on
            account_members.dimension = account_sums.dimension
            and account_members.segment_key = account_sums.segment_key
    group by
        account_members.dimension,
        account_members.segment_key,
        account_categories.feature,
        account_categories.category

)

select * from final
