{{ config(enabled=var('preset') == 'ravenstack') }}
with

source as (

    select * from {{ raw_source('subscriptions', source='ravenstack', known_at='start_date') }}

),

deduplicated as (

    {{ deduplicated('source', ['subscription_id'], ['start_date']) }}

),

final as (

    select
        subscription_id,
        account_id,
        start_date,
        end_date,
        plan_tier,
        seats,
        mrr_amount,
        arr_amount,
        is_trial,
        upgrade_flag,
        downgrade_flag,
        churn_flag,
        billing_frequency,
        auto_renew_flag,
        _batch_id,
        _row,
        _load_id
    from deduplicated

)

select * from final
