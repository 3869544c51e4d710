-- Compiled by `segmentry definitions compile` from definitions/. Change it there.
{# the text is longer than what Spark's metastore keeps of a view #}
{{ config(materialized='table' if target.type == 'spark' else 'view') }}
with

rules as (

    select * from {{ ref('segment_rules') }}

),

customer_features as (

    select * from {{ ref('int_customer_features') }} where is_current

),

customer_segments as (

    select * from {{ ref('int_customer_segments') }} where is_current

),

account_features as (

    select * from {{ ref('int_account_features') }} where is_current

),

account_segments as (

    select * from {{ ref('int_account_segments') }} where is_current

),

-- what the rules over customers say of each of an account's
counted as (

    select
        sum(case when active_days_28d >= 4 then 1 else 0 end) as customers__active_days_28d_gte_4_passed,
        sum(case when not (active_days_28d >= 4) then 1 else 0 end) as customers__active_days_28d_gte_4_failed,
        sum(case when (active_days_28d >= 4) is null then 1 else 0 end) as customers__active_days_28d_gte_4_unknown,
        account_key
    from customer_features
    group by account_key

),

customer_ranked as (

    select
        case
            when customer_value is not null
                then percent_rank() over (partition by as_of_date, customer_value is null order by customer_value)
        end as percentile__customer_value,
        customer_features.*
    from customer_features

),

-- all that the rules look at
customers as (

    select
        customer_segments.acquisition_cohort,
        customer_segments.behavioral,
        customer_segments.cluster,
        customer_segments.demographic,
        customer_segments.engagement,
        customer_segments.firmographic,
        customer_segments.geographic,
        customer_segments.lifecycle,
        customer_segments.needs_based,
        customer_segments.plan_stage,
        customer_segments.psychographic,
        customer_segments.rfm,
        customer_segments.technographic,
        customer_segments.value_based,
        customer_segments.in_disengaged_dissatisfied,
        customer_segments.in_four_times_a_week,
        customer_segments.in_high_value_at_risk,
        customer_segments.in_inactive_seven_days,
        customer_segments.in_ios_power_users,
        customer_segments.in_loyal_promoters,
        customer_segments.in_new_single_feature,
        customer_segments.in_three_sessions_this_week,
        customer_segments.in_watched_feature_untried,
        customer_ranked.*
    from customer_ranked
    inner join customer_segments
        on customer_ranked.customer_key = customer_segments.customer_key

),

customer_judged as (

    select
        first_seen_on <= cast('2023-12-31' as date) as passes__acquisition_cohort__before_2024,
        first_seen_on between cast('2024-01-01' as date) and cast('2024-06-30' as date) as passes__acquisition_cohort__y2024_h1,
        first_seen_on between cast('2024-07-01' as date) and cast('2024-12-31' as date) as passes__acquisition_cohort__y2024_h2,
        first_seen_on between cast('2025-01-01' as date) and cast('2025-06-30' as date) as passes__acquisition_cohort__y2025_h1,
        first_seen_on between cast('2025-07-01' as date) and cast('2025-12-31' as date) as passes__acquisition_cohort__y2025_h2,
        first_seen_on between cast('2026-01-01' as date) and cast('2026-06-30' as date) as passes__acquisition_cohort__y2026_h1,
        first_seen_on between cast('2026-07-01' as date) and cast('2026-12-31' as date) as passes__acquisition_cohort__y2026_h2,
        first_seen_on >= cast('2027-01-01' as date) as passes__acquisition_cohort__from_2027,
        active_days_28d >= 21 as passes__behavioral__core,
        active_days_28d between 14 and 20 as passes__behavioral__regular,
        active_days_28d between 7 and 13 as passes__behavioral__casual,
        active_days_28d between 1 and 6 as passes__behavioral__infrequent,
        active_days_28d = 0 as passes__behavioral__inactive,
        age_band in ('under_18', '18_24') as passes__demographic__under_25,
        age_band in ('25_34', '35_44') as passes__demographic__age_25_44,
        age_band in ('45_54', '55_64') as passes__demographic__age_45_64,
        age_band = '65_over' as passes__demographic__over_64,
        (
            days_since_active >= 28
            and last_csat_score <= 3
        ) as passes__disengaged_dissatisfied__disengaged_dissatisfied,
        tenure_days < 14 as passes__engagement__new,
        days_since_active < 28 as passes__engagement__active,
        days_since_active between 28 and 89 as passes__engagement__at_risk,
        days_since_active >= 90 as passes__engagement__dormant,
        sessions_per_week_28d >= 4 as passes__four_times_a_week__four_times_a_week,
        world_region = 'europe' as passes__geographic__europe,
        world_region = 'north_america' as passes__geographic__north_america,
        world_region = 'latin_america' as passes__geographic__latin_america,
        world_region = 'asia_pacific' as passes__geographic__asia_pacific,
        world_region = 'middle_east' as passes__geographic__middle_east,
        world_region = 'africa' as passes__geographic__africa,
        world_region = 'other' as passes__geographic__other,
        (
            engagement = 'at_risk'
            and value_based = 'high_value'
        ) as passes__high_value_at_risk__high_value_at_risk,
        {{ days_between('last_active_on', 'as_of_date') }} >= 7 as passes__inactive_seven_days__inactive_seven_days,
        (
            active_days_28d >= 14
            and main_os_28d = 'iOS'
        ) as passes__ios_power_users__ios_power_users,
        (
            has_ever_paid
            and not is_paying
            and active_days_28d = 0
        ) as passes__lifecycle__churned,
        first_active_on is null as passes__lifecycle__never_active,
        {{ days_between('first_active_on', 'as_of_date') }} <= 27 as passes__lifecycle__new,
        (
            active_days_28d > 0
            and active_days_previous_28d > 0
        ) as passes__lifecycle__current,
        (
            active_days_28d > 0
            and not (active_days_previous_28d > 0)
        ) as passes__lifecycle__resurrected,
        (
            active_days_previous_28d > 0
            and not (active_days_28d > 0)
        ) as passes__lifecycle__dormant,
        (
            first_active_on is not null
            and not (
                active_days_28d > 0
                or active_days_previous_28d > 0
            )
        ) as passes__lifecycle__inactive,
        last_nps_score >= 9 as passes__loyal_promoters__loyal_promoters,
        main_need = 'insight' as passes__needs_based__insight,
        main_need = 'integration' as passes__needs_based__integration,
        main_need = 'reliability' as passes__needs_based__reliability,
        main_need = 'administration' as passes__needs_based__administration,
        main_need = 'pricing' as passes__needs_based__pricing,
        main_need = 'planning' as passes__needs_based__planning,
        main_need = 'collaboration' as passes__needs_based__collaboration,
        (
            lifecycle = 'new'
            and main_feature_share_28d >= 0.66
        ) as passes__new_single_feature__new_single_feature,
        (
            is_paying
            and plan_tier = 'enterprise'
        ) as passes__plan_stage__enterprise,
        is_paying as passes__plan_stage__paid,
        has_trial as passes__plan_stage__trial,
        (
            orders >= 3
            and days_since_order <= 180
        ) as passes__plan_stage__loyal_buyer,
        days_since_order > 180 as passes__plan_stage__lapsed_buyer,
        orders between 1 and 2 as passes__plan_stage__first_time_buyer,
        has_ever_paid as passes__plan_stage__former,
        is_free_plan as passes__plan_stage__freemium,
        openness_score >= 0.7 as passes__psychographic__explorer,
        price_sensitivity_score >= 0.7 as passes__psychographic__bargain_hunter,
        autonomy_score >= 0.7 as passes__psychographic__self_reliant,
        (
            openness_score < 0.7
            or price_sensitivity_score < 0.7
            or autonomy_score < 0.7
        ) as passes__psychographic__moderate,
        main_os_28d = 'iOS' as passes__technographic__apple_mobile,
        main_os_28d = 'Android' as passes__technographic__android,
        main_os_28d = 'Windows' as passes__technographic__windows,
        main_os_28d = 'macOS' as passes__technographic__macos,
        main_os_28d = 'Linux' as passes__technographic__linux,
        main_os_28d not in ('iOS', 'Android', 'Windows', 'macOS', 'Linux') as passes__technographic__other,
        sessions_7d >= 3 as passes__three_sessions_this_week__three_sessions_this_week,
        customer_value <= 0 as passes__value_based__no_value,
        percentile__customer_value >= 0.8 as passes__value_based__high_value,
        percentile__customer_value >= 0.5 as passes__value_based__mid_value,
        customer_value > 0 as passes__value_based__low_value,
        (
            active_days_28d >= 1
            and not has_used_watched_feature
        ) as passes__watched_feature_untried__watched_feature_untried,
        customers.*
    from customers

),

customer_pairs as (

    select
        rules.entity_type,
        rules.rule_key,
        rules.dimension,
        rules.segment_key,
        rules.priority,
        rules.rule_id,
        rules.rule_text,
        rules.is_negated,
        rules.threshold,
        rules.is_steady,
        customer_judged.*
    from customer_judged
    inner join rules
        on rules.entity_type = 'customer'

),

customer_outcomes as (

    select
        entity_type,
        customer_id as entity_id,
        dimension,
        segment_key,
        priority,
        rule_id,
        rule_text,
        is_negated,
        threshold,
        is_steady,
        as_of_date,
        case rule_key
            -- acquisition_cohort.before_2024
            when 114432081 then cast(first_seen_on as {{ dbt.type_string() }})
            -- acquisition_cohort.y2024_h1
            when 2280626 then cast(first_seen_on as {{ dbt.type_string() }})
            -- acquisition_cohort.y2024_h2
            when 106711116 then cast(first_seen_on as {{ dbt.type_string() }})
            -- acquisition_cohort.y2025_h1
            when 200915766 then cast(first_seen_on as {{ dbt.type_string() }})
            -- acquisition_cohort.y2025_h2
            when 35753323 then cast(first_seen_on as {{ dbt.type_string() }})
            -- acquisition_cohort.y2026_h1
            when 64523070 then cast(first_seen_on as {{ dbt.type_string() }})
            -- acquisition_cohort.y2026_h2
            when 258130124 then cast(first_seen_on as {{ dbt.type_string() }})
            -- acquisition_cohort.from_2027
            when 91376666 then cast(first_seen_on as {{ dbt.type_string() }})
            -- behavioral.core
            when 152616507 then cast(active_days_28d as {{ dbt.type_string() }})
            -- behavioral.regular
            when 230079514 then cast(active_days_28d as {{ dbt.type_string() }})
            -- behavioral.casual
            when 119097381 then cast(active_days_28d as {{ dbt.type_string() }})
            -- behavioral.infrequent
            when 10677424 then cast(active_days_28d as {{ dbt.type_string() }})
            -- behavioral.inactive
            when 195772134 then cast(active_days_28d as {{ dbt.type_string() }})
            -- demographic.under_25
            when 195010174 then cast(age_band as {{ dbt.type_string() }})
            -- demographic.age_25_44
            when 116162781 then cast(age_band as {{ dbt.type_string() }})
            -- demographic.age_45_64
            when 106670793 then cast(age_band as {{ dbt.type_string() }})
            -- demographic.over_64
            when 75494813 then cast(age_band as {{ dbt.type_string() }})
            -- disengaged_dissatisfied.disengaged_dissatisfied
            when 43095953 then cast(days_since_active as {{ dbt.type_string() }})
            when 174515636 then {{ double_text('last_csat_score') }}
            -- engagement.new
            when 15010654 then cast(tenure_days as {{ dbt.type_string() }})
            -- engagement.active
            when 46200516 then cast(days_since_active as {{ dbt.type_string() }})
            -- engagement.at_risk
            when 213527715 then cast(days_since_active as {{ dbt.type_string() }})
            -- engagement.dormant
            when 61274944 then cast(days_since_active as {{ dbt.type_string() }})
            -- four_times_a_week.four_times_a_week
            when 36997236 then {{ double_text('sessions_per_week_28d') }}
            -- geographic.europe
            when 114173794 then cast(world_region as {{ dbt.type_string() }})
            -- geographic.north_america
            when 68369344 then cast(world_region as {{ dbt.type_string() }})
            -- geographic.latin_america
            when 10356717 then cast(world_region as {{ dbt.type_string() }})
            -- geographic.asia_pacific
            when 137745459 then cast(world_region as {{ dbt.type_string() }})
            -- geographic.middle_east
            when 260268506 then cast(world_region as {{ dbt.type_string() }})
            -- geographic.africa
            when 215770045 then cast(world_region as {{ dbt.type_string() }})
            -- geographic.other
            when 197987876 then cast(world_region as {{ dbt.type_string() }})
            -- high_value_at_risk.high_value_at_risk
            when 13889862 then cast(engagement as {{ dbt.type_string() }})
            when 225848813 then cast(value_based as {{ dbt.type_string() }})
            -- inactive_seven_days.inactive_seven_days
            when 109792621 then cast(last_active_on as {{ dbt.type_string() }})
            -- ios_power_users.ios_power_users
            when 236037775 then cast(active_days_28d as {{ dbt.type_string() }})
            when 177153237 then cast(main_os_28d as {{ dbt.type_string() }})
            -- lifecycle.churned
            when 252584593 then cast(has_ever_paid as {{ dbt.type_string() }})
            when 19546346 then cast(is_paying as {{ dbt.type_string() }})
            when 236707335 then cast(active_days_28d as {{ dbt.type_string() }})
            -- lifecycle.never_active
            when 138956916 then cast(first_active_on as {{ dbt.type_string() }})
            -- lifecycle.new
            when 172840052 then cast(first_active_on as {{ dbt.type_string() }})
            -- lifecycle.current
            when 82640077 then cast(active_days_28d as {{ dbt.type_string() }})
            when 124474966 then cast(active_days_previous_28d as {{ dbt.type_string() }})
            -- lifecycle.resurrected
            when 20144262 then cast(active_days_28d as {{ dbt.type_string() }})
            when 202925290 then cast(active_days_previous_28d as {{ dbt.type_string() }})
            -- lifecycle.dormant
            when 68694859 then cast(active_days_previous_28d as {{ dbt.type_string() }})
            when 65847647 then cast(active_days_28d as {{ dbt.type_string() }})
            -- lifecycle.inactive
            when 108317003 then cast(first_active_on as {{ dbt.type_string() }})
            when 200307335 then cast(active_days_28d as {{ dbt.type_string() }})
            when 47162593 then cast(active_days_previous_28d as {{ dbt.type_string() }})
            -- loyal_promoters.loyal_promoters
            when 238084420 then {{ double_text('last_nps_score') }}
            -- needs_based.insight
            when 70897988 then cast(main_need as {{ dbt.type_string() }})
            -- needs_based.integration
            when 27154660 then cast(main_need as {{ dbt.type_string() }})
            -- needs_based.reliability
            when 136578864 then cast(main_need as {{ dbt.type_string() }})
            -- needs_based.administration
            when 7016674 then cast(main_need as {{ dbt.type_string() }})
            -- needs_based.pricing
            when 233742180 then cast(main_need as {{ dbt.type_string() }})
            -- needs_based.planning
            when 66920562 then cast(main_need as {{ dbt.type_string() }})
            -- needs_based.collaboration
            when 244118309 then cast(main_need as {{ dbt.type_string() }})
            -- new_single_feature.new_single_feature
            when 186664655 then cast(lifecycle as {{ dbt.type_string() }})
            when 236023620 then {{ double_text('main_feature_share_28d') }}
            -- plan_stage.enterprise
            when 100112348 then cast(is_paying as {{ dbt.type_string() }})
            when 169279117 then cast(plan_tier as {{ dbt.type_string() }})
            -- plan_stage.paid
            when 133699921 then cast(is_paying as {{ dbt.type_string() }})
            -- plan_stage.trial
            when 56760667 then cast(has_trial as {{ dbt.type_string() }})
            -- plan_stage.loyal_buyer
            when 72486031 then cast(orders as {{ dbt.type_string() }})
            when 166817820 then cast(days_since_order as {{ dbt.type_string() }})
            -- plan_stage.lapsed_buyer
            when 197367960 then cast(days_since_order as {{ dbt.type_string() }})
            -- plan_stage.first_time_buyer
            when 46360301 then cast(orders as {{ dbt.type_string() }})
            -- plan_stage.former
            when 106971520 then cast(has_ever_paid as {{ dbt.type_string() }})
            -- plan_stage.freemium
            when 236546975 then cast(is_free_plan as {{ dbt.type_string() }})
            -- psychographic.explorer
            when 216013613 then {{ double_text('openness_score') }}
            -- psychographic.bargain_hunter
            when 29114781 then {{ double_text('price_sensitivity_score') }}
            -- psychographic.self_reliant
            when 184966070 then {{ double_text('autonomy_score') }}
            -- psychographic.moderate
            when 80645218 then {{ double_text('openness_score') }}
            when 235068364 then {{ double_text('price_sensitivity_score') }}
            when 251520316 then {{ double_text('autonomy_score') }}
            -- technographic.apple_mobile
            when 4946762 then cast(main_os_28d as {{ dbt.type_string() }})
            -- technographic.android
            when 215053108 then cast(main_os_28d as {{ dbt.type_string() }})
            -- technographic.windows
            when 248558737 then cast(main_os_28d as {{ dbt.type_string() }})
            -- technographic.macos
            when 93151252 then cast(main_os_28d as {{ dbt.type_string() }})
            -- technographic.linux
            when 126927041 then cast(main_os_28d as {{ dbt.type_string() }})
            -- technographic.other
            when 224556621 then cast(main_os_28d as {{ dbt.type_string() }})
            -- three_sessions_this_week.three_sessions_this_week
            when 227621638 then cast(sessions_7d as {{ dbt.type_string() }})
            -- value_based.no_value
            when 95393987 then cast(customer_value as {{ dbt.type_string() }})
            -- value_based.high_value
            when 207349502 then {{ double_text('percentile__customer_value') }}
            -- value_based.mid_value
            when 164711464 then {{ double_text('percentile__customer_value') }}
            -- value_based.low_value
            when 72487313 then cast(customer_value as {{ dbt.type_string() }})
            -- watched_feature_untried.watched_feature_untried
            when 9486814 then cast(active_days_28d as {{ dbt.type_string() }})
            when 148004057 then cast(has_used_watched_feature as {{ dbt.type_string() }})
            else cast(null as {{ dbt.type_string() }})
        end as value_seen,
        case rule_key
            when 114432081 then abs({{ days_between("cast('2023-12-31' as date)", 'first_seen_on') }})
            when 2280626 then least(
                abs({{ days_between("cast('2024-01-01' as date)", 'first_seen_on') }}),
                abs({{ days_between("cast('2024-06-30' as date)", 'first_seen_on') }})
            )
            when 106711116 then least(
                abs({{ days_between("cast('2024-07-01' as date)", 'first_seen_on') }}),
                abs({{ days_between("cast('2024-12-31' as date)", 'first_seen_on') }})
            )
            when 200915766 then least(
                abs({{ days_between("cast('2025-01-01' as date)", 'first_seen_on') }}),
                abs({{ days_between("cast('2025-06-30' as date)", 'first_seen_on') }})
            )
            when 35753323 then least(
                abs({{ days_between("cast('2025-07-01' as date)", 'first_seen_on') }}),
                abs({{ days_between("cast('2025-12-31' as date)", 'first_seen_on') }})
            )
            when 64523070 then least(
                abs({{ days_between("cast('2026-01-01' as date)", 'first_seen_on') }}),
                abs({{ days_between("cast('2026-06-30' as date)", 'first_seen_on') }})
            )
            when 258130124 then least(
                abs({{ days_between("cast('2026-07-01' as date)", 'first_seen_on') }}),
                abs({{ days_between("cast('2026-12-31' as date)", 'first_seen_on') }})
            )
            when 91376666 then abs({{ days_between("cast('2027-01-01' as date)", 'first_seen_on') }})
            when 152616507 then abs(cast(active_days_28d as {{ type_double() }}) - 21)
            when 230079514 then least(
                abs(cast(active_days_28d as {{ type_double() }}) - 14),
                abs(cast(active_days_28d as {{ type_double() }}) - 20)
            )
            when 119097381 then least(
                abs(cast(active_days_28d as {{ type_double() }}) - 7),
                abs(cast(active_days_28d as {{ type_double() }}) - 13)
            )
            when 10677424 then least(
                abs(cast(active_days_28d as {{ type_double() }}) - 1),
                abs(cast(active_days_28d as {{ type_double() }}) - 6)
            )
            when 195772134 then abs(cast(active_days_28d as {{ type_double() }}) - 0)
            when 43095953 then abs(cast(days_since_active as {{ type_double() }}) - 28)
            when 174515636 then abs(cast(last_csat_score as {{ type_double() }}) - 3)
            when 15010654 then abs(cast(tenure_days as {{ type_double() }}) - 14)
            when 46200516 then abs(cast(days_since_active as {{ type_double() }}) - 28)
            when 213527715 then least(
                abs(cast(days_since_active as {{ type_double() }}) - 28),
                abs(cast(days_since_active as {{ type_double() }}) - 89)
            )
            when 61274944 then abs(cast(days_since_active as {{ type_double() }}) - 90)
            when 36997236 then abs(cast(sessions_per_week_28d as {{ type_double() }}) - 4)
            when 109792621 then abs(cast({{ days_between('last_active_on', 'as_of_date') }} as {{ type_double() }}) - 7)
            when 236037775 then abs(cast(active_days_28d as {{ type_double() }}) - 14)
            when 236707335 then abs(cast(active_days_28d as {{ type_double() }}) - 0)
            when 172840052 then abs(cast({{ days_between('first_active_on', 'as_of_date') }} as {{ type_double() }}) - 27)
            when 82640077 then abs(cast(active_days_28d as {{ type_double() }}) - 0)
            when 124474966 then abs(cast(active_days_previous_28d as {{ type_double() }}) - 0)
            when 20144262 then abs(cast(active_days_28d as {{ type_double() }}) - 0)
            when 202925290 then abs(cast(active_days_previous_28d as {{ type_double() }}) - 0)
            when 68694859 then abs(cast(active_days_previous_28d as {{ type_double() }}) - 0)
            when 65847647 then abs(cast(active_days_28d as {{ type_double() }}) - 0)
            when 200307335 then abs(cast(active_days_28d as {{ type_double() }}) - 0)
            when 47162593 then abs(cast(active_days_previous_28d as {{ type_double() }}) - 0)
            when 238084420 then abs(cast(last_nps_score as {{ type_double() }}) - 9)
            when 236023620 then abs(cast(main_feature_share_28d as {{ type_double() }}) - 0.66)
            when 72486031 then abs(cast(orders as {{ type_double() }}) - 3)
            when 166817820 then abs(cast(days_since_order as {{ type_double() }}) - 180)
            when 197367960 then abs(cast(days_since_order as {{ type_double() }}) - 180)
            when 46360301 then least(
                abs(cast(orders as {{ type_double() }}) - 1),
                abs(cast(orders as {{ type_double() }}) - 2)
            )
            when 216013613 then abs(cast(openness_score as {{ type_double() }}) - 0.7)
            when 29114781 then abs(cast(price_sensitivity_score as {{ type_double() }}) - 0.7)
            when 184966070 then abs(cast(autonomy_score as {{ type_double() }}) - 0.7)
            when 80645218 then abs(cast(openness_score as {{ type_double() }}) - 0.7)
            when 235068364 then abs(cast(price_sensitivity_score as {{ type_double() }}) - 0.7)
            when 251520316 then abs(cast(autonomy_score as {{ type_double() }}) - 0.7)
            when 227621638 then abs(cast(sessions_7d as {{ type_double() }}) - 3)
            when 95393987 then abs(cast(customer_value as {{ type_double() }}) - 0)
            when 207349502 then abs(cast(percentile__customer_value as {{ type_double() }}) - 0.8)
            when 164711464 then abs(cast(percentile__customer_value as {{ type_double() }}) - 0.5)
            when 72487313 then abs(cast(customer_value as {{ type_double() }}) - 0)
            when 9486814 then abs(cast(active_days_28d as {{ type_double() }}) - 1)
            else cast(null as {{ type_double() }})
        end as distance,
        case rule_key
            when 114432081 then first_seen_on <= cast('2023-12-31' as date)
            when 2280626 then first_seen_on between cast('2024-01-01' as date) and cast('2024-06-30' as date)
            when 106711116 then first_seen_on between cast('2024-07-01' as date) and cast('2024-12-31' as date)
            when 200915766 then first_seen_on between cast('2025-01-01' as date) and cast('2025-06-30' as date)
            when 35753323 then first_seen_on between cast('2025-07-01' as date) and cast('2025-12-31' as date)
            when 64523070 then first_seen_on between cast('2026-01-01' as date) and cast('2026-06-30' as date)
            when 258130124 then first_seen_on between cast('2026-07-01' as date) and cast('2026-12-31' as date)
            when 91376666 then first_seen_on >= cast('2027-01-01' as date)
            when 152616507 then active_days_28d >= 21
            when 230079514 then active_days_28d between 14 and 20
            when 119097381 then active_days_28d between 7 and 13
            when 10677424 then active_days_28d between 1 and 6
            when 195772134 then active_days_28d = 0
            when 195010174 then age_band in ('under_18', '18_24')
            when 116162781 then age_band in ('25_34', '35_44')
            when 106670793 then age_band in ('45_54', '55_64')
            when 75494813 then age_band = '65_over'
            when 43095953 then days_since_active >= 28
            when 174515636 then last_csat_score <= 3
            when 15010654 then tenure_days < 14
            when 46200516 then days_since_active < 28
            when 213527715 then days_since_active between 28 and 89
            when 61274944 then days_since_active >= 90
            when 36997236 then sessions_per_week_28d >= 4
            when 114173794 then world_region = 'europe'
            when 68369344 then world_region = 'north_america'
            when 10356717 then world_region = 'latin_america'
            when 137745459 then world_region = 'asia_pacific'
            when 260268506 then world_region = 'middle_east'
            when 215770045 then world_region = 'africa'
            when 197987876 then world_region = 'other'
            when 13889862 then engagement = 'at_risk'
            when 225848813 then value_based = 'high_value'
            when 109792621 then {{ days_between('last_active_on', 'as_of_date') }} >= 7
            when 236037775 then active_days_28d >= 14
            when 177153237 then main_os_28d = 'iOS'
            when 252584593 then has_ever_paid
            when 19546346 then not is_paying
            when 236707335 then active_days_28d = 0
            when 138956916 then first_active_on is null
            when 172840052 then {{ days_between('first_active_on', 'as_of_date') }} <= 27
            when 82640077 then active_days_28d > 0
            when 124474966 then active_days_previous_28d > 0
            when 20144262 then active_days_28d > 0
            when 202925290 then active_days_previous_28d > 0
            when 68694859 then active_days_previous_28d > 0
            when 65847647 then active_days_28d > 0
            when 108317003 then first_active_on is not null
            when 200307335 then active_days_28d > 0
            when 47162593 then active_days_previous_28d > 0
            when 238084420 then last_nps_score >= 9
            when 70897988 then main_need = 'insight'
            when 27154660 then main_need = 'integration'
            when 136578864 then main_need = 'reliability'
            when 7016674 then main_need = 'administration'
            when 233742180 then main_need = 'pricing'
            when 66920562 then main_need = 'planning'
            when 244118309 then main_need = 'collaboration'
            when 186664655 then lifecycle = 'new'
            when 236023620 then main_feature_share_28d >= 0.66
            when 100112348 then is_paying
            when 169279117 then plan_tier = 'enterprise'
            when 133699921 then is_paying
            when 56760667 then has_trial
            when 72486031 then orders >= 3
            when 166817820 then days_since_order <= 180
            when 197367960 then days_since_order > 180
            when 46360301 then orders between 1 and 2
            when 106971520 then has_ever_paid
            when 236546975 then is_free_plan
            when 216013613 then openness_score >= 0.7
            when 29114781 then price_sensitivity_score >= 0.7
            when 184966070 then autonomy_score >= 0.7
            when 80645218 then openness_score < 0.7
            when 235068364 then price_sensitivity_score < 0.7
            when 251520316 then autonomy_score < 0.7
            when 4946762 then main_os_28d = 'iOS'
            when 215053108 then main_os_28d = 'Android'
            when 248558737 then main_os_28d = 'Windows'
            when 93151252 then main_os_28d = 'macOS'
            when 126927041 then main_os_28d = 'Linux'
            when 224556621 then main_os_28d not in ('iOS', 'Android', 'Windows', 'macOS', 'Linux')
            when 227621638 then sessions_7d >= 3
            when 95393987 then customer_value <= 0
            when 207349502 then percentile__customer_value >= 0.8
            when 164711464 then percentile__customer_value >= 0.5
            when 72487313 then customer_value > 0
            when 9486814 then active_days_28d >= 1
            when 148004057 then not has_used_watched_feature
            else cast(null as boolean)
        end as is_passed,
        case rule_key
            when 114432081 then passes__acquisition_cohort__before_2024
            when 2280626 then passes__acquisition_cohort__y2024_h1
            when 106711116 then passes__acquisition_cohort__y2024_h2
            when 200915766 then passes__acquisition_cohort__y2025_h1
            when 35753323 then passes__acquisition_cohort__y2025_h2
            when 64523070 then passes__acquisition_cohort__y2026_h1
            when 258130124 then passes__acquisition_cohort__y2026_h2
            when 91376666 then passes__acquisition_cohort__from_2027
            when 152616507 then passes__behavioral__core
            when 230079514 then passes__behavioral__regular
            when 119097381 then passes__behavioral__casual
            when 10677424 then passes__behavioral__infrequent
            when 195772134 then passes__behavioral__inactive
            when 195010174 then passes__demographic__under_25
            when 116162781 then passes__demographic__age_25_44
            when 106670793 then passes__demographic__age_45_64
            when 75494813 then passes__demographic__over_64
            when 43095953 then passes__disengaged_dissatisfied__disengaged_dissatisfied
            when 174515636 then passes__disengaged_dissatisfied__disengaged_dissatisfied
            when 15010654 then passes__engagement__new
            when 46200516 then passes__engagement__active
            when 213527715 then passes__engagement__at_risk
            when 61274944 then passes__engagement__dormant
            when 36997236 then passes__four_times_a_week__four_times_a_week
            when 114173794 then passes__geographic__europe
            when 68369344 then passes__geographic__north_america
            when 10356717 then passes__geographic__latin_america
            when 137745459 then passes__geographic__asia_pacific
            when 260268506 then passes__geographic__middle_east
            when 215770045 then passes__geographic__africa
            when 197987876 then passes__geographic__other
            when 13889862 then passes__high_value_at_risk__high_value_at_risk
            when 225848813 then passes__high_value_at_risk__high_value_at_risk
            when 109792621 then passes__inactive_seven_days__inactive_seven_days
            when 236037775 then passes__ios_power_users__ios_power_users
            when 177153237 then passes__ios_power_users__ios_power_users
            when 252584593 then passes__lifecycle__churned
            when 19546346 then passes__lifecycle__churned
            when 236707335 then passes__lifecycle__churned
            when 138956916 then passes__lifecycle__never_active
            when 172840052 then passes__lifecycle__new
            when 82640077 then passes__lifecycle__current
            when 124474966 then passes__lifecycle__current
            when 20144262 then passes__lifecycle__resurrected
            when 202925290 then passes__lifecycle__resurrected
            when 68694859 then passes__lifecycle__dormant
            when 65847647 then passes__lifecycle__dormant
            when 108317003 then passes__lifecycle__inactive
            when 200307335 then passes__lifecycle__inactive
            when 47162593 then passes__lifecycle__inactive
            when 238084420 then passes__loyal_promoters__loyal_promoters
            when 70897988 then passes__needs_based__insight
            when 27154660 then passes__needs_based__integration
            when 136578864 then passes__needs_based__reliability
            when 7016674 then passes__needs_based__administration
            when 233742180 then passes__needs_based__pricing
            when 66920562 then passes__needs_based__planning
            when 244118309 then passes__needs_based__collaboration
            when 186664655 then passes__new_single_feature__new_single_feature
            when 236023620 then passes__new_single_feature__new_single_feature
            when 100112348 then passes__plan_stage__enterprise
            when 169279117 then passes__plan_stage__enterprise
            when 133699921 then passes__plan_stage__paid
            when 56760667 then passes__plan_stage__trial
            when 72486031 then passes__plan_stage__loyal_buyer
            when 166817820 then passes__plan_stage__loyal_buyer
            when 197367960 then passes__plan_stage__lapsed_buyer
            when 46360301 then passes__plan_stage__first_time_buyer
            when 106971520 then passes__plan_stage__former
            when 236546975 then passes__plan_stage__freemium
            when 216013613 then passes__psychographic__explorer
            when 29114781 then passes__psychographic__bargain_hunter
            when 184966070 then passes__psychographic__self_reliant
            when 80645218 then passes__psychographic__moderate
            when 235068364 then passes__psychographic__moderate
            when 251520316 then passes__psychographic__moderate
            when 4946762 then passes__technographic__apple_mobile
            when 215053108 then passes__technographic__android
            when 248558737 then passes__technographic__windows
            when 93151252 then passes__technographic__macos
            when 126927041 then passes__technographic__linux
            when 224556621 then passes__technographic__other
            when 227621638 then passes__three_sessions_this_week__three_sessions_this_week
            when 95393987 then passes__value_based__no_value
            when 207349502 then passes__value_based__high_value
            when 164711464 then passes__value_based__mid_value
            when 72487313 then passes__value_based__low_value
            when 9486814 then passes__watched_feature_untried__watched_feature_untried
            when 148004057 then passes__watched_feature_untried__watched_feature_untried
            else cast(null as boolean)
        end as is_segment_passed,
        case rule_key
            when 114432081 then acquisition_cohort = 'before_2024'
            when 2280626 then acquisition_cohort = 'y2024_h1'
            when 106711116 then acquisition_cohort = 'y2024_h2'
            when 200915766 then acquisition_cohort = 'y2025_h1'
            when 35753323 then acquisition_cohort = 'y2025_h2'
            when 64523070 then acquisition_cohort = 'y2026_h1'
            when 258130124 then acquisition_cohort = 'y2026_h2'
            when 91376666 then acquisition_cohort = 'from_2027'
            when 152616507 then behavioral = 'core'
            when 230079514 then behavioral = 'regular'
            when 119097381 then behavioral = 'casual'
            when 10677424 then behavioral = 'infrequent'
            when 195772134 then behavioral = 'inactive'
            when 195010174 then demographic = 'under_25'
            when 116162781 then demographic = 'age_25_44'
            when 106670793 then demographic = 'age_45_64'
            when 75494813 then demographic = 'over_64'
            when 43095953 then in_disengaged_dissatisfied
            when 174515636 then in_disengaged_dissatisfied
            when 15010654 then engagement = 'new'
            when 46200516 then engagement = 'active'
            when 213527715 then engagement = 'at_risk'
            when 61274944 then engagement = 'dormant'
            when 36997236 then in_four_times_a_week
            when 114173794 then geographic = 'europe'
            when 68369344 then geographic = 'north_america'
            when 10356717 then geographic = 'latin_america'
            when 137745459 then geographic = 'asia_pacific'
            when 260268506 then geographic = 'middle_east'
            when 215770045 then geographic = 'africa'
            when 197987876 then geographic = 'other'
            when 13889862 then in_high_value_at_risk
            when 225848813 then in_high_value_at_risk
            when 109792621 then in_inactive_seven_days
            when 236037775 then in_ios_power_users
            when 177153237 then in_ios_power_users
            when 252584593 then lifecycle = 'churned'
            when 19546346 then lifecycle = 'churned'
            when 236707335 then lifecycle = 'churned'
            when 138956916 then lifecycle = 'never_active'
            when 172840052 then lifecycle = 'new'
            when 82640077 then lifecycle = 'current'
            when 124474966 then lifecycle = 'current'
            when 20144262 then lifecycle = 'resurrected'
            when 202925290 then lifecycle = 'resurrected'
            when 68694859 then lifecycle = 'dormant'
            when 65847647 then lifecycle = 'dormant'
            when 108317003 then lifecycle = 'inactive'
            when 200307335 then lifecycle = 'inactive'
            when 47162593 then lifecycle = 'inactive'
            when 238084420 then in_loyal_promoters
            when 70897988 then needs_based = 'insight'
            when 27154660 then needs_based = 'integration'
            when 136578864 then needs_based = 'reliability'
            when 7016674 then needs_based = 'administration'
            when 233742180 then needs_based = 'pricing'
            when 66920562 then needs_based = 'planning'
            when 244118309 then needs_based = 'collaboration'
            when 186664655 then in_new_single_feature
            when 236023620 then in_new_single_feature
            when 100112348 then plan_stage = 'enterprise'
            when 169279117 then plan_stage = 'enterprise'
            when 133699921 then plan_stage = 'paid'
            when 56760667 then plan_stage = 'trial'
            when 72486031 then plan_stage = 'loyal_buyer'
            when 166817820 then plan_stage = 'loyal_buyer'
            when 197367960 then plan_stage = 'lapsed_buyer'
            when 46360301 then plan_stage = 'first_time_buyer'
            when 106971520 then plan_stage = 'former'
            when 236546975 then plan_stage = 'freemium'
            when 216013613 then psychographic = 'explorer'
            when 29114781 then psychographic = 'bargain_hunter'
            when 184966070 then psychographic = 'self_reliant'
            when 80645218 then psychographic = 'moderate'
            when 235068364 then psychographic = 'moderate'
            when 251520316 then psychographic = 'moderate'
            when 4946762 then technographic = 'apple_mobile'
            when 215053108 then technographic = 'android'
            when 248558737 then technographic = 'windows'
            when 93151252 then technographic = 'macos'
            when 126927041 then technographic = 'linux'
            when 224556621 then technographic = 'other'
            when 227621638 then in_three_sessions_this_week
            when 95393987 then value_based = 'no_value'
            when 207349502 then value_based = 'high_value'
            when 164711464 then value_based = 'mid_value'
            when 72487313 then value_based = 'low_value'
            when 9486814 then in_watched_feature_untried
            when 148004057 then in_watched_feature_untried
            else cast(null as boolean)
        end as is_member
    from customer_pairs

),

-- all that the rules look at
accounts as (

    select
        coalesce(counted.customers__active_days_28d_gte_4_passed, 0) as customers__active_days_28d_gte_4_passed,
        coalesce(counted.customers__active_days_28d_gte_4_failed, 0) as customers__active_days_28d_gte_4_failed,
        coalesce(counted.customers__active_days_28d_gte_4_unknown, 0) as customers__active_days_28d_gte_4_unknown,
        account_segments.firmographic,
        account_segments.in_new_large_accounts,
        account_segments.in_trial_likely_to_convert,
        account_features.*
    from account_features
    inner join account_segments
        on account_features.account_key = account_segments.account_key
    left join counted
        on account_features.account_key = counted.account_key

),

account_judged as (

    select
        (
            employee_count < 50
            and features_used_28d >= 4
        ) as passes__firmographic__small_advanced,
        (
            employee_count < 50
            and features_used_28d < 4
        ) as passes__firmographic__small_basic,
        (
            employee_count between 50 and 999
            and features_used_28d >= 4
        ) as passes__firmographic__mid_advanced,
        (
            employee_count between 50 and 999
            and features_used_28d < 4
        ) as passes__firmographic__mid_basic,
        (
            employee_count >= 1000
            and features_used_28d >= 4
        ) as passes__firmographic__large_advanced,
        (
            employee_count >= 1000
            and features_used_28d < 4
        ) as passes__firmographic__large_basic,
        (
            tenure_days <= 90
            and members > 500
        ) as passes__new_large_accounts__new_large_accounts,
        (
            has_trial
            and (
                features_used_28d >= 3
                or (
                    customers__active_days_28d_gte_4_passed
                    >= 0.5 * nullif(customers__active_days_28d_gte_4_passed + customers__active_days_28d_gte_4_failed, 0)
                )
            )
        ) as passes__trial_likely_to_convert__trial_likely_to_convert,
        accounts.*
    from accounts

),

account_pairs as (

    select
        rules.entity_type,
        rules.rule_key,
        rules.dimension,
        rules.segment_key,
        rules.priority,
        rules.rule_id,
        rules.rule_text,
        rules.is_negated,
        rules.threshold,
        rules.is_steady,
        account_judged.*
    from account_judged
    inner join rules
        on rules.entity_type = 'account'

),

account_outcomes as (

    select
        entity_type,
        account_id as entity_id,
        dimension,
        segment_key,
        priority,
        rule_id,
        rule_text,
        is_negated,
        threshold,
        is_steady,
        as_of_date,
        case rule_key
            -- firmographic.small_advanced
            when 259770442 then cast(employee_count as {{ dbt.type_string() }})
            when 258194338 then cast(features_used_28d as {{ dbt.type_string() }})
            -- firmographic.small_basic
            when 228926841 then cast(employee_count as {{ dbt.type_string() }})
            when 190942208 then cast(features_used_28d as {{ dbt.type_string() }})
            -- firmographic.mid_advanced
            when 217686135 then cast(employee_count as {{ dbt.type_string() }})
            when 37493577 then cast(features_used_28d as {{ dbt.type_string() }})
            -- firmographic.mid_basic
            when 38667387 then cast(employee_count as {{ dbt.type_string() }})
            when 237116586 then cast(features_used_28d as {{ dbt.type_string() }})
            -- firmographic.large_advanced
            when 199177695 then cast(employee_count as {{ dbt.type_string() }})
            when 50739843 then cast(features_used_28d as {{ dbt.type_string() }})
            -- firmographic.large_basic
            when 14940034 then cast(employee_count as {{ dbt.type_string() }})
            when 35000936 then cast(features_used_28d as {{ dbt.type_string() }})
            -- new_large_accounts.new_large_accounts
            when 226053708 then cast(tenure_days as {{ dbt.type_string() }})
            when 186335980 then cast(members as {{ dbt.type_string() }})
            -- trial_likely_to_convert.trial_likely_to_convert
            when 94384059 then cast(has_trial as {{ dbt.type_string() }})
            when 85755338 then cast(features_used_28d as {{ dbt.type_string() }})
            when 124350271 then cast(customers__active_days_28d_gte_4_passed as {{ dbt.type_string() }})
            else cast(null as {{ dbt.type_string() }})
        end as value_seen,
        case rule_key
            when 259770442 then abs(cast(employee_count as {{ type_double() }}) - 50)
            when 258194338 then abs(cast(features_used_28d as {{ type_double() }}) - 4)
            when 228926841 then abs(cast(employee_count as {{ type_double() }}) - 50)
            when 190942208 then abs(cast(features_used_28d as {{ type_double() }}) - 4)
            when 217686135 then least(
                abs(cast(employee_count as {{ type_double() }}) - 50),
                abs(cast(employee_count as {{ type_double() }}) - 999)
            )
            when 37493577 then abs(cast(features_used_28d as {{ type_double() }}) - 4)
            when 38667387 then least(
                abs(cast(employee_count as {{ type_double() }}) - 50),
                abs(cast(employee_count as {{ type_double() }}) - 999)
            )
            when 237116586 then abs(cast(features_used_28d as {{ type_double() }}) - 4)
            when 199177695 then abs(cast(employee_count as {{ type_double() }}) - 1000)
            when 50739843 then abs(cast(features_used_28d as {{ type_double() }}) - 4)
            when 14940034 then abs(cast(employee_count as {{ type_double() }}) - 1000)
            when 35000936 then abs(cast(features_used_28d as {{ type_double() }}) - 4)
            when 226053708 then abs(cast(tenure_days as {{ type_double() }}) - 90)
            when 186335980 then abs(cast(members as {{ type_double() }}) - 500)
            when 85755338 then abs(cast(features_used_28d as {{ type_double() }}) - 3)
            else cast(null as {{ type_double() }})
        end as distance,
        case rule_key
            when 259770442 then employee_count < 50
            when 258194338 then features_used_28d >= 4
            when 228926841 then employee_count < 50
            when 190942208 then features_used_28d < 4
            when 217686135 then employee_count between 50 and 999
            when 37493577 then features_used_28d >= 4
            when 38667387 then employee_count between 50 and 999
            when 237116586 then features_used_28d < 4
            when 199177695 then employee_count >= 1000
            when 50739843 then features_used_28d >= 4
            when 14940034 then employee_count >= 1000
            when 35000936 then features_used_28d < 4
            when 226053708 then tenure_days <= 90
            when 186335980 then members > 500
            when 94384059 then has_trial
            when 85755338 then features_used_28d >= 3
            when 124350271 then (
                customers__active_days_28d_gte_4_passed
                >= 0.5 * nullif(customers__active_days_28d_gte_4_passed + customers__active_days_28d_gte_4_failed, 0)
            )
            else cast(null as boolean)
        end as is_passed,
        case rule_key
            when 259770442 then passes__firmographic__small_advanced
            when 258194338 then passes__firmographic__small_advanced
            when 228926841 then passes__firmographic__small_basic
            when 190942208 then passes__firmographic__small_basic
            when 217686135 then passes__firmographic__mid_advanced
            when 37493577 then passes__firmographic__mid_advanced
            when 38667387 then passes__firmographic__mid_basic
            when 237116586 then passes__firmographic__mid_basic
            when 199177695 then passes__firmographic__large_advanced
            when 50739843 then passes__firmographic__large_advanced
            when 14940034 then passes__firmographic__large_basic
            when 35000936 then passes__firmographic__large_basic
            when 226053708 then passes__new_large_accounts__new_large_accounts
            when 186335980 then passes__new_large_accounts__new_large_accounts
            when 94384059 then passes__trial_likely_to_convert__trial_likely_to_convert
            when 85755338 then passes__trial_likely_to_convert__trial_likely_to_convert
            when 124350271 then passes__trial_likely_to_convert__trial_likely_to_convert
            else cast(null as boolean)
        end as is_segment_passed,
        case rule_key
            when 259770442 then firmographic = 'small_advanced'
            when 258194338 then firmographic = 'small_advanced'
            when 228926841 then firmographic = 'small_basic'
            when 190942208 then firmographic = 'small_basic'
            when 217686135 then firmographic = 'mid_advanced'
            when 37493577 then firmographic = 'mid_advanced'
            when 38667387 then firmographic = 'mid_basic'
            when 237116586 then firmographic = 'mid_basic'
            when 199177695 then firmographic = 'large_advanced'
            when 50739843 then firmographic = 'large_advanced'
            when 14940034 then firmographic = 'large_basic'
            when 35000936 then firmographic = 'large_basic'
            when 226053708 then in_new_large_accounts
            when 186335980 then in_new_large_accounts
            when 94384059 then in_trial_likely_to_convert
            when 85755338 then in_trial_likely_to_convert
            when 124350271 then in_trial_likely_to_convert
            else cast(null as boolean)
        end as is_member
    from account_pairs

),

outcomes as (

    select * from customer_outcomes
    union all
    select * from account_outcomes

),

final as (

    select
        entity_type,
        entity_id,
        dimension,
        segment_key,
        priority,
        rule_id,
        rule_text,
        is_negated,
        value_seen,
        threshold,
        case when is_passed then 'pass' when not is_passed then 'fail' else 'unknown' end as result,
        distance,
        case when is_segment_passed then 'pass' when not is_segment_passed then 'fail' else 'unknown' end as segment_result,
        is_steady,
        is_member,
        as_of_date
    from outcomes

)

select * from final
