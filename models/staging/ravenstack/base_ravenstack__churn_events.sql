{{ config(enabled=var('preset') == 'ravenstack') }}
with

source as (

    select * from {{ raw_source('churn_events', source='ravenstack', known_at='churn_date') }}

),

deduplicated as (

    {{ deduplicated('source', ['churn_event_id'], ['churn_date']) }}

),

final as (

    select
        churn_event_id,
        account_id,
        churn_date,
        reason_code,
        refund_amount_usd,
        preceding_upgrade_flag,
        preceding_downgrade_flag,
        is_reactivation,
        feedback_text,
        _batch_id,
        _row,
        _load_id
    from deduplicated

)

select * from final
