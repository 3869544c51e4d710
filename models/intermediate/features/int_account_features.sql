with

accounts_as_of as (

    select * from {{ ref('int_accounts_as_of') }}

),

usage as (

    select * from {{ ref('int_account_usage_as_of') }}

),

plans as (

    select * from {{ staged('plans') }}

),

technologies as (

    select * from {{ ref('technologies') }} where category = 'cloud'

),

stacks as (

    -- few stacks are many accounts'
    select
        accounts_as_of.tech_stack,
        min(technologies.technology) as cloud_platform
    from (select distinct tech_stack from accounts_as_of where tech_stack is not null) as accounts_as_of
    inner join technologies
        on lower(accounts_as_of.tech_stack) like '%"' || technologies.technology || '"%'
    group by accounts_as_of.tech_stack

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
        stacks.cloud_platform,

        -- plan
        accounts_as_of.plan_id,
        plans.tier as plan_tier,
        plans.is_free as is_free_plan,
        cast(accounts_as_of.seats as bigint) as seats,
        cast(accounts_as_of.subscriptions as integer) as subscriptions,
        cast(accounts_as_of.mrr as decimal(18, 2)) as mrr,
        accounts_as_of.has_trial,
        accounts_as_of.is_paying,
        accounts_as_of.has_ever_paid,

        -- use
        coalesce(usage.members, 0) as members,
        coalesce(usage.active_members_28d, 0) as active_members_28d,
        {{ safe_divide('usage.active_members_28d', 'usage.members') }} as active_member_share_28d,
        coalesce(usage.features_used_28d, 0) as features_used_28d,
        coalesce(usage.open_tickets, 0) as open_tickets,

        -- dates
        accounts_as_of.tenure_days,
        accounts_as_of.trial_started_on
    from accounts_as_of
    left join usage
        on
            accounts_as_of.account_key = usage.account_key
            and accounts_as_of.as_of_date = usage.as_of_date
    left join plans
        on accounts_as_of.plan_id = plans.plan_id
    left join stacks
        on accounts_as_of.tech_stack = stacks.tech_stack

)

select * from final
