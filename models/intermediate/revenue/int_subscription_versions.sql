{#- Monthly value of each version of a subscription phase: the only place that computes MRR. -#}
with

phases as (

    select
        *,
        -- without a status, a phase counts as active
        coalesce(status, 'active') as phase_status,
        {{ local_date('phase_started_at') }} as started_on,
        {{ local_date('phase_ended_at') }} as ended_on,
        {{ local_date('received_at') }} as received_on,
        lead({{ local_date('received_at') }}) over (
            partition by subscription_id, phase_started_at order by received_at nulls first
        ) as replaced_on
    from {{ staged('subscriptions') }}

),

rates as (

    select * from {{ ref('int_fx_rates') }}

),

final as (

    select
        phases.subscription_id,
        phases.account_id,
        phases.plan_id,
        phases.phase_status as status,
        phases.quantity,
        phases.currency,
        phases.phase_status = 'trialing' as is_trial,
        phases.phase_status in ('active', 'past_due') and phases.unit_amount > 0 as is_paid,
        {{ monthly_price('365.25e0 / 12', '365.25e0 / 84') }} as mrr,
        {{ monthly_price('30.0', '4.33') }} as mrr_thirty_days,
        phases.cancel_reason,
        phases.is_involuntary,
        phases.phase_started_at,
        phases.phase_ended_at,
        phases.started_on,
        phases.ended_on,
        phases.received_at,
        phases.received_on,
        phases.replaced_on
    from phases
    left join rates
        on
            phases.started_on = rates.rate_date
            and phases.currency = rates.currency
    where phases.started_on <= {{ as_of_date() }}

)

select * from final
