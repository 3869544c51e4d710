with

versions as (

    select * from {{ ref('int_subscription_versions') }}

),

final as (

    select
        subscription_id,
        account_id,
        plan_id,
        status,
        quantity,
        currency,
        is_trial,
        is_paid,
        mrr,
        mrr_thirty_days,
        cancel_reason,
        is_involuntary,
        phase_started_at,
        phase_ended_at,
        started_on,
        ended_on
    from versions
    where replaced_on is null

)

select * from final
