with

snapshots as (

    select * from {{ ref('int_account_snapshots') }}

),

usage as (

    select * from {{ ref('int_account_usage_snapshots') }}

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
        snapshots.tech_stack,
        min(technologies.technology) as cloud_platform
    from (select distinct tech_stack from snapshots where tech_stack is not null) as snapshots
    inner join technologies
        on lower(snapshots.tech_stack) like '%"' || technologies.technology || '"%'
    group by snapshots.tech_stack

),

final as (

    select
        snapshots.account_id,
        snapshots.account_key,
        snapshots.as_of_date,
        snapshots.is_current,

        -- firmographics
        snapshots.industry,
        snapshots.employee_count,
        snapshots.size_band,
        snapshots.annual_revenue,
        snapshots.revenue_band,
        snapshots.country_code,
        snapshots.ownership,
        snapshots.crm_stage,
        stacks.cloud_platform,

        -- plan
        snapshots.plan_id,
        plans.tier as plan_tier,
        plans.is_free as is_free_plan,
        cast(snapshots.seats as bigint) as seats,
        cast(snapshots.subscriptions as integer) as subscriptions,
        cast(snapshots.mrr as decimal(18, 2)) as mrr,
        snapshots.has_trial,
        snapshots.is_paying,
        snapshots.has_ever_paid,

        -- use
        coalesce(usage.members, 0) as members,
        coalesce(usage.active_members_28d, 0) as active_members_28d,
        {{ safe_divide('usage.active_members_28d', 'usage.members') }} as active_member_share_28d,
        coalesce(usage.features_used_28d, 0) as features_used_28d,
        coalesce(usage.open_tickets, 0) as open_tickets,

        -- dates
        snapshots.tenure_days,
        snapshots.trial_started_on
    from snapshots
    left join usage
        on
            snapshots.account_key = usage.account_key
            and snapshots.as_of_date = usage.as_of_date
    left join plans
        on snapshots.plan_id = plans.plan_id
    left join stacks
        on snapshots.tech_stack = stacks.tech_stack

)

select * from final
