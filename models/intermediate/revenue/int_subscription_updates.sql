{#-
    What a feed said of a phase, day by day: the state it told, and what the phase is worth a month in its own currency. A line is
    what a later phase replaces: an item where the source names items, else the whole subscription.
-#}
{%- set same_phase = 'partition by subscription_id, line_key, item_key, phase_started_at' -%}
with

subscriptions as (

    select
        *,
        coalesce(item_id, plan_id) as item_key,
        coalesce(item_id, '') as line_key,
        -- a feed that sends no status sends what is subscribed
        coalesce(status, 'active') as phase_status,
        -- who cancelled and has no end left when asking to
        coalesce(
            phase_ended_at,
            case when status = 'cancelled' and cancel_requested_at > phase_started_at then cancel_requested_at end
        )
            as ended_at,
        case when trial_ends_at > phase_started_at then trial_ends_at end as trial_ended_at,
        {{ local_date('received_at') }} as received_on,
        cast(quantity * cast(unit_amount as {{ type_double() }}) - coalesce(discount_amount, 0) as {{ type_decimal(28, 8) }})
            as period_amount
    from {{ staged('subscriptions') }}

),

ranked as (

    select
        *,
        row_number() over (
            {{ same_phase }}, received_on
            order by
                case when received_at is null then 1 else 0 end asc,
                received_at desc,
                _load_id desc,
                _batch_id asc,
                _row desc
        ) as rank_in_day
    from subscriptions

),

versions as (

    select
        *,
        phase_status = 'cancelled' and coalesce(ended_at > phase_started_at, false) as is_cancelled_at_end,
        row_number() over ({{ same_phase }} order by received_on nulls first) as version_number,
        lead(received_on) over ({{ same_phase }} order by received_on nulls first) as replaced_on
    from ranked
    where rank_in_day = 1

),

told as (

    {% set before = 'over (' ~ same_phase ~ ' order by version_number rows between unbounded preceding and 1 preceding)' -%}
    select
        *,
        coalesce(sum(case when is_cancelled_at_end then 0 else 1 end) {{ before }}, 0) as states_told,
        coalesce(sum(case when is_cancelled_at_end or phase_status = 'trialing' then 0 else 1 end) {{ before }}, 0)
            as states_told_but_trial
    from versions

),

final as (

    select
        subscription_id,
        line_key,
        item_key,
        account_id,
        plan_id,
        phase_status,
        -- what is cancelled at an end was live until then, and adds nothing to what older versions told
        case
            when phase_status = 'trialing' then 'trial'
            when phase_status in ('active', 'past_due') then 'live'
            when not is_cancelled_at_end then 'off'
            when states_told = 0 then 'ended'
            when states_told_but_trial = 0 and trial_ended_at < ended_at then 'ended'
        end as state_told,
        quantity,
        currency,
        {% for name, days, weeks in [
            ('monthly_amount', '365.25e0 / 12', '365.25e0 / 84'), ('monthly_amount_thirty_days', '30', '4.33e0'),
        ] -%}
        cast(
            period_amount
            * case billing_interval
                when 'day' then {{ days }}
                when 'week' then {{ weeks }}
                when 'month' then 1
                when 'year' then 1e0 / 12
            end
            / coalesce(interval_count, 1) as {{ type_decimal(28, 8) }}
        ) as {{ name }},
        {% endfor -%}
        cancel_reason,
        is_involuntary,
        version_number,
        phase_started_at,
        ended_at as phase_ended_at,
        trial_ended_at,
        -- an end in the last minute of a day is the end of that day
        {{ local_date(add_minutes('ended_at', 1)) }} as told_ended_on,
        received_at,
        received_on,
        replaced_on
    from told

)

select * from final
