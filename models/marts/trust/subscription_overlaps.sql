with

updates as (

    select * from {{ ref('int_subscription_updates') }} where replaced_on is null

),

steps as (

    select * from {{ ref('int_subscription_steps') }}

),

final as (

    -- a phase that was never closed is open until the next one, unless it offered nothing
    select
        updates.subscription_id,
        updates.line_key,
        updates.item_key,
        updates.account_id,
        updates.plan_id,
        case when updates.phase_ended_at is null then 'never_closed' else 'closed_too_late' end as overlap_kind,
        updates.phase_started_at,
        updates.phase_ended_at,
        steps.next_live_started_at
    from updates
    inner join steps
        on
            updates.subscription_id = steps.subscription_id
            and updates.line_key = steps.line_key
            and updates.phase_started_at = steps.phase_started_at
    where
        updates.phase_status in ('trialing', 'active', 'past_due')
        and (
            updates.told_ended_on > steps.next_live_started_on
            or (updates.phase_ended_at is null and steps.next_started_at = steps.next_live_started_at)
        )

)

select * from final
