with

phases as (

    select * from {{ ref('int_subscription_phases') }} where status in ('trialing', 'active', 'past_due')

),

plans as (

    select * from {{ staged('plans') }}

),

as_of_dates as (

    select * from {{ ref('int_as_of_dates') }}

),

live as (

    select
        phases.*,
        as_of_dates.as_of_date,
        row_number() over (
            partition by phases.account_id, as_of_dates.as_of_date
            order by phases.mrr desc, phases.plan_id asc, phases.subscription_id asc, phases.started_on asc
        ) as price_rank
    from phases
    inner join as_of_dates
        on
            phases.started_on <= as_of_dates.as_of_date
            and (phases.ended_on is null or phases.ended_on > as_of_dates.as_of_date)

),

held as (

    -- of several live subscriptions the one with the highest price names the plan
    select
        account_id,
        as_of_date,
        max(case when price_rank = 1 then plan_id end) as plan_id,
        cast(sum(quantity) as bigint) as seats,
        cast(count(distinct subscription_id) as integer) as subscriptions,
        max(case when is_trial then 1 else 0 end) = 1 as has_trial,
        max(case when is_trial then started_on end) as trial_started_on
    from live
    group by account_id, as_of_date

),

final as (

    select
        held.account_id,
        held.as_of_date,
        held.plan_id,
        plans.tier as plan_tier,
        plans.is_free as is_free_plan,
        held.seats,
        held.subscriptions,
        held.has_trial,
        held.trial_started_on
    from held
    left join plans
        on held.plan_id = plans.plan_id

)

select * from final
