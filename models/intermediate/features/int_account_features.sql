with

accounts_as_of as (

    select * from {{ ref('int_accounts_as_of') }}

),

customers as (

    select * from {{ ref('int_customers_as_of') }}

),

feeds as (

    select * from {{ ref('int_feeds') }}

),

usage as (

    select
        account_key,
        as_of_date,
        cast(count(*) as integer) as members,
        cast(count(case when active_days_28d > 0 then 1 end) as integer) as active_members_28d,
        {{ bits_set(mask_union('features_mask_28d') | trim) }} as features_used_28d,
        cast(sum(open_tickets) as integer) as open_tickets
    from customers
    group by account_key, as_of_date

),

final as (

    select
        accounts_as_of.account_id,
        accounts_as_of.account_key,
        accounts_as_of.as_of_date,
        accounts_as_of.is_current,

        -- firmographics
        accounts_as_of.industry,
        accounts_as_of.employee_count,
        accounts_as_of.size_band,
        accounts_as_of.annual_revenue,
        accounts_as_of.revenue_band,
        accounts_as_of.country_code,
        accounts_as_of.ownership,
        accounts_as_of.crm_stage,
        accounts_as_of.cloud_platform,

        -- plan
        accounts_as_of.plan_id,
        accounts_as_of.plan_tier,
        accounts_as_of.is_free_plan,
        accounts_as_of.seats,
        accounts_as_of.subscriptions,
        accounts_as_of.mrr,
        accounts_as_of.has_trial,
        accounts_as_of.is_paying,
        accounts_as_of.has_ever_paid,

        -- use
        coalesce(usage.members, 0) as members,
        {{ when_told('active_members_28d', 'coalesce(usage.active_members_28d, 0)') }} as active_members_28d,
        {{ when_told('active_member_share_28d', safe_divide('usage.active_members_28d', 'usage.members')) }}
            as active_member_share_28d,
        {{ when_told('features_used_28d', 'coalesce(usage.features_used_28d, 0)') }} as features_used_28d,
        {{ when_told('open_tickets', 'coalesce(usage.open_tickets, 0)') }} as open_tickets,

        -- dates
        accounts_as_of.tenure_days,
        accounts_as_of.trial_started_on
    from accounts_as_of
    cross join feeds
    left join usage
        on
            accounts_as_of.account_key = usage.account_key
            and accounts_as_of.as_of_date = usage.as_of_date

)

select * from final
