-- Compiled by `segmentry definitions compile` from definitions/. Change it there.
with

features as (

    select * from {{ ref('int_customer_features') }}

),

accounts as (

    select * from {{ ref('int_account_segments') }}

),

int_customer_clusters as (

    select * from {{ ref('int_customer_clusters') }}

),

int_customer_rfm as (

    select * from {{ ref('int_customer_rfm') }}

),

-- what no rule decides: other models' dimensions and the segments of the customer's account
known as (

    select
        features.*,
        coalesce(int_customer_clusters.cluster_key, 'unknown') as cluster,
        coalesce(int_customer_rfm.rfm_group, 'non_buyer') as rfm,
        coalesce(accounts.firmographic, 'unknown') as firmographic,
        features.has_ever_paid and not features.is_paying as has_stopped_paying
    from features
    left join accounts
        on
            features.account_key = accounts.account_key
            and features.as_of_date = accounts.as_of_date
    left join int_customer_clusters
        on
            features.customer_key = int_customer_clusters.customer_key
            and features.as_of_date = int_customer_clusters.as_of_date
    left join int_customer_rfm
        on
            features.customer_key = int_customer_rfm.customer_key
            and features.as_of_date = int_customer_rfm.as_of_date

),

-- rules over features alone
decided_1 as (

    select
        case
            when first_seen_on <= cast('2023-12-31' as date) then 'before_2024'
            when first_seen_on between cast('2024-01-01' as date) and cast('2024-06-30' as date) then 'y2024_h1'
            when first_seen_on between cast('2024-07-01' as date) and cast('2024-12-31' as date) then 'y2024_h2'
            when first_seen_on between cast('2025-01-01' as date) and cast('2025-06-30' as date) then 'y2025_h1'
            when first_seen_on between cast('2025-07-01' as date) and cast('2025-12-31' as date) then 'y2025_h2'
            when first_seen_on between cast('2026-01-01' as date) and cast('2026-06-30' as date) then 'y2026_h1'
            when first_seen_on between cast('2026-07-01' as date) and cast('2026-12-31' as date) then 'y2026_h2'
            when first_seen_on >= cast('2027-01-01' as date) then 'from_2027'
            else 'unknown'
        end as acquisition_cohort,
        case
            when active_days_28d >= 21 then 'core'
            when active_days_28d between 14 and 20 then 'regular'
            when active_days_28d between 7 and 13 then 'casual'
            when active_days_28d between 1 and 6 then 'infrequent'
            when active_days_28d = 0 then 'inactive'
            else 'unknown'
        end as behavioral,
        case
            when age_band in ('under_18', '18_24') then 'under_25'
            when age_band in ('25_34', '35_44') then 'age_25_44'
            when age_band in ('45_54', '55_64') then 'age_45_64'
            when age_band = '65_over' then 'over_64'
            else 'unknown'
        end as demographic,
        coalesce(
            days_since_active >= 28
            and last_csat_score <= 3,
            false
        ) as in_disengaged_dissatisfied,
        case
            when tenure_days < 14 then 'new'
            when days_since_active < 28 then 'active'
            when days_since_active between 28 and 89 then 'at_risk'
            when days_since_active >= 90 then 'dormant'
            else 'unknown'
        end as engagement,
        coalesce(sessions_per_week_28d >= 4, false) as in_four_times_a_week,
        case
            when world_region = 'europe' then 'europe'
            when world_region = 'north_america' then 'north_america'
            when world_region = 'latin_america' then 'latin_america'
            when world_region = 'asia_pacific' then 'asia_pacific'
            when world_region = 'middle_east' then 'middle_east'
            when world_region = 'africa' then 'africa'
            when world_region = 'other' then 'other'
            else 'unknown'
        end as geographic,
        coalesce({{ days_between('last_active_on', 'as_of_date') }} >= 7, false) as in_inactive_seven_days,
        case
            when
                has_ever_paid
                and not is_paying
                and active_days_28d = 0
                then 'churned'
            when first_active_on is null then 'never_active'
            when {{ days_between('first_active_on', 'as_of_date') }} <= 27 then 'new'
            when
                active_days_28d > 0
                and active_days_previous_28d > 0
                then 'current'
            when
                active_days_28d > 0
                and not (active_days_previous_28d > 0)
                then 'resurrected'
            when
                active_days_previous_28d > 0
                and not (active_days_28d > 0)
                then 'dormant'
            when
                first_active_on is not null
                and not (
                    active_days_28d > 0
                    or active_days_previous_28d > 0
                )
                then 'inactive'
            else 'unknown'
        end as lifecycle,
        coalesce(last_nps_score >= 9, false) as in_loyal_promoters,
        case
            when main_need = 'insight' then 'insight'
            when main_need = 'integration' then 'integration'
            when main_need = 'reliability' then 'reliability'
            when main_need = 'administration' then 'administration'
            when main_need = 'pricing' then 'pricing'
            when main_need = 'planning' then 'planning'
            when main_need = 'collaboration' then 'collaboration'
            else 'unknown'
        end as needs_based,
        case
            when
                is_paying
                and plan_tier = 'enterprise'
                then 'enterprise'
            when is_paying then 'paid'
            when has_trial then 'trial'
            when
                orders >= 3
                and days_since_order <= 180
                then 'loyal_buyer'
            when days_since_order > 180 then 'lapsed_buyer'
            when orders between 1 and 2 then 'first_time_buyer'
            when has_ever_paid then 'former'
            when is_free_plan then 'freemium'
            else 'unknown'
        end as plan_stage,
        case
            when openness_score >= 0.7 then 'explorer'
            when price_sensitivity_score >= 0.7 then 'bargain_hunter'
            when autonomy_score >= 0.7 then 'self_reliant'
            when
                openness_score < 0.7
                or price_sensitivity_score < 0.7
                or autonomy_score < 0.7
                then 'moderate'
            else 'unknown'
        end as psychographic,
        case
            when main_os_28d = 'iOS' then 'apple_mobile'
            when main_os_28d = 'Android' then 'android'
            when main_os_28d = 'Windows' then 'windows'
            when main_os_28d = 'macOS' then 'macos'
            when main_os_28d = 'Linux' then 'linux'
            when main_os_28d not in ('iOS', 'Android', 'Windows', 'macOS', 'Linux') then 'other'
            else 'unknown'
        end as technographic,
        coalesce(sessions_7d >= 3, false) as in_three_sessions_this_week,
        coalesce(
            active_days_28d >= 1
            and not has_used_watched_feature,
            false
        ) as in_watched_feature_untried,
        known.*
    from known

),

-- percentiles that rules read
ranked_2 as (

    select
        case
            when customer_value is not null
                then percent_rank() over (partition by as_of_date, customer_value is null order by customer_value)
        end as percentile__customer_value,
        decided_1.*
    from decided_1

),

-- rules of segments that wait
held_2 as (

    select
        coalesce(
            active_days_28d >= 14
            and main_os_28d = 'iOS',
            false
        ) as holds__ios_power_users__ios_power_users,
        coalesce(percentile__customer_value >= 0.8, false) as holds__value_based__high_value,
        coalesce(percentile__customer_value >= 0.5, false) as holds__value_based__mid_value,
        customer_key,
        as_of_date
    from ranked_2

),

-- when each held and missed last
dated_2 as (

    select
        max(case when holds__ios_power_users__ios_power_users then as_of_date end) over (
            partition by customer_key order by as_of_date rows between unbounded preceding and current row
        ) as held_on__ios_power_users__ios_power_users,
        max(case when not holds__ios_power_users__ios_power_users then as_of_date end) over (
            partition by customer_key order by as_of_date rows between unbounded preceding and current row
        ) as missed_on__ios_power_users__ios_power_users,
        max(case when holds__value_based__high_value then as_of_date end) over (
            partition by customer_key order by as_of_date rows between unbounded preceding and current row
        ) as held_on__value_based__high_value,
        max(case when not holds__value_based__high_value then as_of_date end) over (
            partition by customer_key order by as_of_date rows between unbounded preceding and current row
        ) as missed_on__value_based__high_value,
        max(case when holds__value_based__mid_value then as_of_date end) over (
            partition by customer_key order by as_of_date rows between unbounded preceding and current row
        ) as held_on__value_based__mid_value,
        max(case when not holds__value_based__mid_value then as_of_date end) over (
            partition by customer_key order by as_of_date rows between unbounded preceding and current row
        ) as missed_on__value_based__mid_value,
        {{ add_days('min(as_of_date) over (partition by customer_key)', -1) }} as day_before,
        held_2.*
    from held_2

),

-- when it held or missed for long enough
moved_2 as (

    select
        case
            when
                holds__ios_power_users__ios_power_users
                and {{ days_between('coalesce(missed_on__ios_power_users__ios_power_users, day_before)', 'as_of_date') }} > 0
                then as_of_date
        end as enters_on__ios_power_users__ios_power_users,
        case
            when
                not holds__ios_power_users__ios_power_users
                and {{ days_between('coalesce(held_on__ios_power_users__ios_power_users, day_before)', 'as_of_date') }} > 14
                then as_of_date
        end as leaves_on__ios_power_users__ios_power_users,
        case
            when
                holds__value_based__high_value
                and {{ days_between('coalesce(missed_on__value_based__high_value, day_before)', 'as_of_date') }} > 0
                then as_of_date
        end as enters_on__value_based__high_value,
        case
            when
                not holds__value_based__high_value
                and {{ days_between('coalesce(held_on__value_based__high_value, day_before)', 'as_of_date') }} > 14
                then as_of_date
        end as leaves_on__value_based__high_value,
        case
            when
                holds__value_based__mid_value
                and {{ days_between('coalesce(missed_on__value_based__mid_value, day_before)', 'as_of_date') }} > 0
                then as_of_date
        end as enters_on__value_based__mid_value,
        case
            when
                not holds__value_based__mid_value
                and {{ days_between('coalesce(held_on__value_based__mid_value, day_before)', 'as_of_date') }} > 14
                then as_of_date
        end as leaves_on__value_based__mid_value,
        dated_2.*
    from dated_2

),

-- the last of these moves
moves_2 as (

    select
        max(enters_on__ios_power_users__ios_power_users) over (
            partition by customer_key order by as_of_date rows between unbounded preceding and current row
        ) as entered_on__ios_power_users__ios_power_users,
        max(leaves_on__ios_power_users__ios_power_users) over (
            partition by customer_key order by as_of_date rows between unbounded preceding and current row
        ) as left_on__ios_power_users__ios_power_users,
        max(enters_on__value_based__high_value) over (
            partition by customer_key order by as_of_date rows between unbounded preceding and current row
        ) as entered_on__value_based__high_value,
        max(leaves_on__value_based__high_value) over (
            partition by customer_key order by as_of_date rows between unbounded preceding and current row
        ) as left_on__value_based__high_value,
        max(enters_on__value_based__mid_value) over (
            partition by customer_key order by as_of_date rows between unbounded preceding and current row
        ) as entered_on__value_based__mid_value,
        max(leaves_on__value_based__mid_value) over (
            partition by customer_key order by as_of_date rows between unbounded preceding and current row
        ) as left_on__value_based__mid_value,
        customer_key,
        as_of_date
    from moved_2

),

-- in after a last move in
steady_2 as (

    select
        coalesce(
            entered_on__ios_power_users__ios_power_users > left_on__ios_power_users__ios_power_users,
            entered_on__ios_power_users__ios_power_users is not null
        ) as is_in__ios_power_users__ios_power_users,
        coalesce(
            entered_on__value_based__high_value > left_on__value_based__high_value,
            entered_on__value_based__high_value is not null
        ) as is_in__value_based__high_value,
        coalesce(
            entered_on__value_based__mid_value > left_on__value_based__mid_value,
            entered_on__value_based__mid_value is not null
        ) as is_in__value_based__mid_value,
        ranked_2.*
    from ranked_2
    inner join moves_2
        on
            ranked_2.customer_key = moves_2.customer_key
            and ranked_2.as_of_date = moves_2.as_of_date

),

-- rules that rank, and segments that wait
decided_2 as (

    select
        coalesce(is_in__ios_power_users__ios_power_users, false) as in_ios_power_users,
        case
            when customer_value <= 0 then 'no_value'
            when is_in__value_based__high_value then 'high_value'
            when is_in__value_based__mid_value then 'mid_value'
            when customer_value > 0 then 'low_value'
            when percentile__customer_value >= 0.8 then 'high_value'
            when percentile__customer_value >= 0.5 then 'mid_value'
            else 'unknown'
        end as value_based,
        steady_2.*
    from steady_2

),

-- rules over engagement, lifecycle, value_based
decided_3 as (

    select
        coalesce(
            engagement = 'at_risk'
            and value_based = 'high_value',
            false
        ) as in_high_value_at_risk,
        coalesce(
            lifecycle = 'new'
            and main_feature_share_28d >= 0.66,
            false
        ) as in_new_single_feature,
        decided_2.*
    from decided_2

),

final as (

    select
        customer_id,
        customer_key,
        account_id,
        as_of_date,
        is_current,
        first_active_on,
        active_days_7d,
        active_days_28d,
        has_stopped_paying,
        acquisition_cohort,
        behavioral,
        cluster,
        demographic,
        engagement,
        firmographic,
        geographic,
        lifecycle,
        needs_based,
        plan_stage,
        psychographic,
        rfm,
        technographic,
        value_based,
        in_disengaged_dissatisfied,
        in_four_times_a_week,
        in_high_value_at_risk,
        in_inactive_seven_days,
        in_ios_power_users,
        in_loyal_promoters,
        in_new_single_feature,
        in_three_sessions_this_week,
        in_watched_feature_untried,
        {{ int64_key(
            "'|engagement=' || engagement"
            ~ " || '|firmographic=' || firmographic"
            ~ " || '|geographic=' || geographic"
            ~ " || '|lifecycle=' || lifecycle"
            ~ " || '|plan_stage=' || plan_stage"
            ~ " || '|rfm=' || rfm"
            ~ " || '|value_based=' || value_based"
        ) }} as segment_set_key
    from decided_3

)

select * from final
