{{ config(enabled=var('preset') == 'ravenstack') }}
with

usage as (

    select * from {{ ref('base_ravenstack__feature_usage') }}

),

subscriptions as (

    select * from {{ ref('base_ravenstack__subscriptions') }}

),

used as (

    select
        usage.*,
        subscriptions.account_id,
        usage.usage_id || ':' || usage.subscription_id as event_id,
        cast(usage.usage_date as timestamp) as occurred_at
    from usage
    left join subscriptions
        on usage.subscription_id = subscriptions.subscription_id

),

final as (

    select
        event_id,
        feature_name as event_name,
        occurred_at,
        occurred_at as received_at,
        account_id as user_id,
        case when account_id is null then subscription_id end as anonymous_id,
        account_id,
        cast(null as {{ dbt.type_string() }}) as session_id,
        cast(null as {{ dbt.type_string() }}) as platform,
        cast(null as {{ dbt.type_string() }}) as device_type,
        cast(null as {{ dbt.type_string() }}) as os,
        cast(null as {{ dbt.type_string() }}) as browser,
        cast(null as {{ dbt.type_string() }}) as app_version,
        cast(null as {{ dbt.type_string() }}) as country_code,
        cast(null as {{ dbt.type_string() }}) as region,
        cast(null as {{ dbt.type_string() }}) as city,
        cast(null as {{ dbt.type_string() }}) as language,
        cast(null as {{ dbt.type_string() }}) as page_path,
        cast(null as {{ dbt.type_string() }}) as referrer,
        cast(null as {{ dbt.type_string() }}) as utm_source,
        cast(null as {{ dbt.type_string() }}) as utm_medium,
        cast(null as {{ dbt.type_string() }}) as utm_campaign,
        '{"usage_count": ' || coalesce(cast(usage_count as {{ dbt.type_string() }}), 'null')
        || ', "usage_duration_secs": ' || coalesce(cast(usage_duration_secs as {{ dbt.type_string() }}), 'null')
        || ', "error_count": ' || coalesce(cast(error_count as {{ dbt.type_string() }}), 'null')
        || ', "is_beta_feature": ' || coalesce(cast(is_beta_feature as {{ dbt.type_string() }}), 'null')
        || '}' as properties,
        {{ int64_key('event_id') }} as event_key,
        {{ local_date('occurred_at') }} as event_date,
        _batch_id,
        _row,
        _load_id
    from used

)

select * from final
