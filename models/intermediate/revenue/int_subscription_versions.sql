{#- What a phase was, as known from one day to another: cut where its state changed, ended by the next phase of its line, and
    priced at the rate of its first day. The one place where MRR is priced. -#}
with

updates as (select * from {{ ref('int_subscription_updates') }}),

states as (select * from {{ ref('int_subscription_states') }}),

steps as (select * from {{ ref('int_subscription_steps') }}),

rates as (select * from {{ ref('int_fx_rates') }}),

followed as (

    select
        updates.*,
        steps.next_started_at,
        steps.next_started_on,
        steps.next_known_on,
        steps.next_live_started_at,
        steps.next_live_started_on,
        coalesce(steps.next_cancel_reason, updates.cancel_reason) as last_cancel_reason,
        coalesce(steps.is_next_involuntary, updates.is_involuntary) as is_last_involuntary,
        -- a cancelled phase that fills the time between two others was a pause
        not steps.is_first and coalesce(steps.next_started_on <= {{ add_days('updates.told_ended_on', 1) }}, false) as is_pause
    from updates
    inner join steps
        on
            updates.subscription_id = steps.subscription_id
            and updates.line_key = steps.line_key
            and updates.phase_started_at = steps.phase_started_at

),

bounded as (

    -- as it was sent, until the next phase is known
    select
        *,
        phase_ended_at as ended_at,
        told_ended_on as ended_on,
        received_on as known_from,
        case when next_known_on < replaced_on or replaced_on is null then next_known_on else replaced_on end as known_to
    from followed
    where
        next_started_at is null
        or (next_known_on is not null and (received_on is null or next_known_on > received_on))
    union all
    -- one price at a time: the next phase ends an open one, a live one any, and takes over from the last paid day
    select
        *,
        case
            when phase_ended_at is null then next_started_at
            when phase_ended_at > next_live_started_at then next_live_started_at
            else phase_ended_at
        end as ended_at,
        case
            when told_ended_on is null or next_started_on = {{ add_days('told_ended_on', 1) }} then next_started_on
            when told_ended_on > next_live_started_on then next_live_started_on
            else told_ended_on
        end as ended_on,
        case when next_known_on > received_on then next_known_on else received_on end as known_from,
        replaced_on as known_to
    from followed
    where
        next_started_at is not null
        and (next_known_on is null or replaced_on is null or next_known_on < replaced_on)

),

cut as (

    select
        bounded.*,
        states.phase_status as status_told,
        case
            when states.state <> 'ended' then states.state
            when bounded.is_pause then 'off'
            else 'live'
        end as state,
        states.state_started_at,
        {{ local_date('states.state_started_at') }} as started_on,
        case
            when states.next_state_started_at < bounded.ended_at or bounded.ended_at is null then states.next_state_started_at
        end as next_state_started_at
    from bounded
    inner join states
        on
            bounded.subscription_id = states.subscription_id
            and bounded.line_key = states.line_key
            and bounded.item_key = states.item_key
            and bounded.phase_started_at = states.phase_started_at
            and bounded.version_number = states.version_number
    where
        (bounded.ended_at is null or states.state_started_at < bounded.ended_at)
        and coalesce(states.state_started_at < states.next_state_started_at, true)

),

final as (

    select
        cut.subscription_id,
        cut.line_key,
        cut.item_key,
        cut.account_id,
        cut.plan_id,
        case when cut.state = 'live' and cut.status_told = 'cancelled' then 'active' else cut.status_told end as status,
        cut.quantity,
        cut.currency,
        cut.state = 'trial' as is_trial,
        cut.state = 'live' and cut.monthly_amount > 0 as is_paid,
        {% for name, amount in [('mrr', 'monthly_amount'), ('mrr_thirty_days', 'monthly_amount_thirty_days')] -%}
        case
            when cut.state = 'live' then {{ money('cast(cut.' ~ amount ~ ' as ' ~ type_double() ~ ') * rates.rate') }}
            else 0
        end as {{ name }},
        {% endfor -%}
        case when cut.state = 'live' then {{ money('cut.monthly_amount') }} else 0 end as original_mrr,
        cut.last_cancel_reason as cancel_reason,
        cut.is_last_involuntary as is_involuntary,
        cut.state_started_at as phase_started_at,
        coalesce(cut.next_state_started_at, cut.ended_at) as phase_ended_at,
        cut.started_on,
        coalesce({{ local_date('cut.next_state_started_at') }}, cut.ended_on) as ended_on,
        cut.known_from as received_on,
        cut.known_to as replaced_on
    from cut
    left join rates
        on
            cut.started_on = rates.rate_date
            and cut.currency = rates.currency
    where cut.started_on <= {{ as_of_date() }}

)

select * from final
