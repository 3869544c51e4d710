with

versions as (

    select * from {{ ref('int_subscription_versions') }} where replaced_on is null

),

customers as (

    select * from {{ ref('int_customers') }}

),

internal_accounts as (

    select distinct account_id
    from customers
    where is_account_internal

),

final as (

    select
        versions.subscription_id,
        versions.line_key,
        versions.item_key,
        versions.account_id,
        versions.plan_id,
        versions.status,
        versions.quantity,
        versions.currency,
        versions.is_trial,
        versions.is_paid,
        versions.mrr,
        versions.mrr_thirty_days,
        versions.original_mrr,
        versions.cancel_reason,
        versions.is_involuntary,
        versions.phase_started_at,
        versions.phase_ended_at,
        versions.started_on,
        versions.ended_on
    from versions
    left join internal_accounts
        on versions.account_id = internal_accounts.account_id
    where internal_accounts.account_id is null

)

select * from final
