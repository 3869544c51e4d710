-- Compiled by `segmentry definitions compile` from definitions/. Change it there.
with

features as (

    select * from {{ ref('int_account_features') }}

),

customers as (

    select * from {{ ref('int_customer_features') }}

),

-- what the rules over customers say of each of them
counted as (

    select
        sum(case when active_days_28d >= 4 then 1 else 0 end) as customers__active_days_28d_gte_4_passed,
        sum(case when not (active_days_28d >= 4) then 1 else 0 end) as customers__active_days_28d_gte_4_failed,
        sum(case when (active_days_28d >= 4) is null then 1 else 0 end) as customers__active_days_28d_gte_4_unknown,
        account_key,
        as_of_date
    from customers
    group by account_key, as_of_date

),

known as (

    select
        coalesce(counted.customers__active_days_28d_gte_4_passed, 0) as customers__active_days_28d_gte_4_passed,
        coalesce(counted.customers__active_days_28d_gte_4_failed, 0) as customers__active_days_28d_gte_4_failed,
        coalesce(counted.customers__active_days_28d_gte_4_unknown, 0) as customers__active_days_28d_gte_4_unknown,
        features.*
    from features
    left join counted
        on
            features.account_key = counted.account_key
            and features.as_of_date = counted.as_of_date

),

-- rules over features alone
decided_1 as (

    select
        case
            when
                employee_count < 50
                and features_used_28d >= 4
                then 'small_advanced'
            when
                employee_count < 50
                and features_used_28d < 4
                then 'small_basic'
            when
                employee_count between 50 and 999
                and features_used_28d >= 4
                then 'mid_advanced'
            when
                employee_count between 50 and 999
                and features_used_28d < 4
                then 'mid_basic'
            when
                employee_count >= 1000
                and features_used_28d >= 4
                then 'large_advanced'
            when
                employee_count >= 1000
                and features_used_28d < 4
                then 'large_basic'
            else 'unknown'
        end as firmographic,
        coalesce(
            tenure_days <= 90
            and members > 500,
            false
        ) as in_new_large_accounts,
        coalesce(
            has_trial
            and (
                features_used_28d >= 3
                or (
                    customers__active_days_28d_gte_4_passed
                    >= 0.5 * nullif(customers__active_days_28d_gte_4_passed + customers__active_days_28d_gte_4_failed, 0)
                )
            ),
            false
        ) as in_trial_likely_to_convert,
        known.*
    from known

),

final as (

    select
        account_id,
        account_key,
        as_of_date,
        is_current,
        firmographic,
        in_new_large_accounts,
        in_trial_likely_to_convert,
        {{ int64_key(
            "'|firmographic=' || firmographic"
        ) }} as segment_set_key
    from decided_1

)

select * from final
