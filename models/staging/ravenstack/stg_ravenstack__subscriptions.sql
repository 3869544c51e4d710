{{ config(enabled=var('preset') == 'ravenstack') }}
{#- mrr_amount is the revenue of one month for annual billing too; it is seats x the plan's price per seat, to the cent. -#}
with

subscriptions as (

    select * from {{ ref('base_ravenstack__subscriptions') }}

),

churn_events as (

    select * from {{ ref('base_ravenstack__churn_events') }}

),

reasons as (

    select
        account_id,
        churn_date,
        reason_code,
        row_number() over (partition by account_id, churn_date order by churn_event_id) as reason_rank
    from churn_events

),

final as (

    select
        subscriptions.subscription_id,
        cast(null as {{ dbt.type_string() }}) as item_id,
        cast(subscriptions.start_date as timestamp) as phase_started_at,
        cast(subscriptions.end_date as timestamp) as phase_ended_at,
        subscriptions.account_id,
        subscriptions.plan_tier as plan_id,
        case when subscriptions.is_trial then 'trialing' else 'active' end as status,
        subscriptions.seats as quantity,
        cast({{ money('subscriptions.mrr_amount / subscriptions.seats') }} as {{ type_decimal(24, 8) }}) as unit_amount,
        cast(null as decimal(18, 2)) as discount_amount,
        'USD' as currency,
        'month' as billing_interval,
        cast(1 as bigint) as interval_count,
        cast(null as timestamp) as trial_ends_at,
        cast(null as timestamp) as cancel_requested_at,
        reasons.reason_code as cancel_reason,
        cast(null as boolean) as is_involuntary,
        cast(subscriptions.start_date as timestamp) as received_at,
        subscriptions._batch_id,
        subscriptions._row,
        subscriptions._load_id
    from subscriptions
    left join reasons
        on
            subscriptions.account_id = reasons.account_id
            and subscriptions.end_date = reasons.churn_date
            and reasons.reason_rank = 1

)

select * from final
