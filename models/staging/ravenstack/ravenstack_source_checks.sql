{{ config(enabled=var('preset') == 'ravenstack') }}
with

accounts as (

    select * from {{ ref('base_ravenstack__accounts') }}

),

subscriptions as (

    select * from {{ ref('base_ravenstack__subscriptions') }}

),

usage as (

    select * from {{ ref('base_ravenstack__feature_usage') }}

),

tickets as (

    select * from {{ ref('base_ravenstack__support_tickets') }}

),

churned_accounts as (

    select distinct account_id from {{ ref('base_ravenstack__churn_events') }}

),

usage_checks as (

    select
        count(case when usage.usage_date < subscriptions.start_date then 1 end) as before_start,
        count(case when usage.usage_date > subscriptions.end_date then 1 end) as after_end,
        count(case when subscriptions.subscription_id is null then 1 end) as without_subscription,
        count(*) - count(distinct usage.usage_id) as repeated_ids
    from usage
    left join subscriptions
        on usage.subscription_id = subscriptions.subscription_id

),

ticket_checks as (

    select count(case when tickets.submitted_at < accounts.signup_date then 1 end) as before_sign_up
    from tickets
    inner join accounts
        on tickets.account_id = accounts.account_id

),

churn_checks as (

    select
        count(case when churned_accounts.account_id is not null and not accounts.churn_flag then 1 end) as event_without_flag,
        count(case when churned_accounts.account_id is null and accounts.churn_flag then 1 end) as flag_without_event
    from accounts
    left join churned_accounts
        on accounts.account_id = churned_accounts.account_id

),

final as (

    select
        'usage_before_subscription_start' as check_name,
        before_start as violations
    from usage_checks
    union all
    select
        'usage_after_subscription_end' as check_name,
        after_end as violations
    from usage_checks
    union all
    select
        'usage_without_subscription' as check_name,
        without_subscription as violations
    from usage_checks
    union all
    select
        'repeated_usage_ids' as check_name,
        repeated_ids as violations
    from usage_checks
    union all
    select
        'tickets_before_sign_up' as check_name,
        before_sign_up as violations
    from ticket_checks
    union all
    select
        'churn_event_without_flag' as check_name,
        event_without_flag as violations
    from churn_checks
    union all
    select
        'churn_flag_without_event' as check_name,
        flag_without_event as violations
    from churn_checks

)

select * from final
