{#- The states that a phase went through, as each of its versions knew them: a status that was overwritten held until then. -#}
{%- set phase_key = 'subscription_id, line_key, item_key, phase_started_at' -%}
with

updates as (

    select * from {{ ref('int_subscription_updates') }}

),

compared as (

    select
        *,
        lag(state_told) over (partition by {{ phase_key }} order by version_number) as previous_state
    from updates
    where state_told is not null

),

changes as (

    select * from compared
    where
        previous_state is null
        or previous_state <> state_told

),

known as (

    select
        updates.subscription_id,
        updates.line_key,
        updates.item_key,
        updates.phase_started_at,
        updates.version_number,
        updates.trial_ended_at,
        changes.state_told as state,
        changes.phase_status,
        changes.received_at as changed_at,
        changes.version_number as change_number
    from updates
    inner join changes
        on
            updates.subscription_id = changes.subscription_id
            and updates.line_key = changes.line_key
            and updates.item_key = changes.item_key
            and updates.phase_started_at = changes.phase_started_at
            and updates.version_number >= changes.version_number

),

ordered as (

    select
        *,
        row_number() over (partition by {{ phase_key }}, version_number order by change_number) as state_number,
        lag(state) over (partition by {{ phase_key }}, version_number order by change_number) as state_before,
        max(case when state = 'trial' then change_number else 0 end) over (partition by {{ phase_key }}, version_number)
            as trial_number
    from known

),

placed as (

    -- nobody goes back to a trial: what was told before one was put right
    select
        {{ phase_key }},
        version_number,
        state_number,
        state,
        phase_status,
        case
            when change_number = trial_number then phase_started_at
            when state_before = 'trial' then coalesce(trial_ended_at, changed_at)
            when state_number = 1 then coalesce(trial_ended_at, phase_started_at)
            else greatest(changed_at, phase_started_at)
        end as started_at
    from ordered
    where change_number >= trial_number
    union all
    -- a trial that only its end tells of
    select
        {{ phase_key }},
        version_number,
        0 as state_number,
        'trial' as state,
        'trialing' as phase_status,
        phase_started_at as started_at
    from ordered
    where
        state_number = 1
        and trial_number = 0
        and trial_ended_at is not null

),

final as (

    select
        {{ phase_key }},
        version_number,
        state,
        phase_status,
        started_at as state_started_at,
        lead(started_at) over (partition by {{ phase_key }}, version_number order by started_at, state_number)
            as next_state_started_at
    from placed

)

select * from final
