{{ config(enabled=var('preset') == 'ravenstack') }}
with

source as (

    select * from {{ raw_source('accounts', source='ravenstack', known_at='signup_date') }}

),

deduplicated as (

    {{ deduplicated('source', ['account_id'], ['signup_date desc']) }}

),

final as (

    select
        account_id,
        account_name,
        industry,
        country,
        signup_date,
        referral_source,
        plan_tier,
        seats,
        is_trial,
        churn_flag,
        _batch_id,
        _row,
        _load_id
    from deduplicated

)

select * from final
