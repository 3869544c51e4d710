{{ config(enabled=var('preset') == 'ravenstack') }}
with

source as (

    select * from {{ raw_source('feature_usage', source='ravenstack', known_at='usage_date') }}

),

deduplicated as (

    {{ deduplicated('source', ['usage_id', 'subscription_id'], ['usage_date']) }}

),

final as (

    select
        usage_id,
        subscription_id,
        usage_date,
        feature_name,
        usage_count,
        usage_duration_secs,
        error_count,
        is_beta_feature,
        _batch_id,
        _row,
        _load_id
    from deduplicated

)

select * from final
