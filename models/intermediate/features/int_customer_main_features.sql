{#- A feature weighs as many days as it was used on: the core keeps which features a day saw, not how often. -#}
with

days as (

    select * from {{ ref('int_customer_days') }} where features_mask > 0

),

catalog as (

    select distinct
        feature_key,
        feature_mask
    from {{ ref('event_catalog') }}
    where feature_mask > 0

),

window_days as (

    select * from {{ ref('int_as_of_window_days') }} where age_days < {{ trailing_windows().mau }}

),

used as (

    select
        days.customer_key,
        window_days.as_of_date,
        catalog.feature_key,
        count(*) as days_used,
        max(days.activity_date) as last_used_on
    from days
    inner join catalog
        on {{ masks_meet('days.features_mask', 'catalog.feature_mask') }}
    inner join window_days
        on days.activity_date = window_days.date_day
    group by days.customer_key, window_days.as_of_date, catalog.feature_key

),

ranked as (

    select
        *,
        sum(days_used) over (partition by customer_key, as_of_date) as days_of_all_features,
        row_number() over (
            partition by customer_key, as_of_date order by days_used desc, last_used_on desc, feature_key asc
        ) as feature_rank
    from used

),

final as (

    select
        customer_key,
        as_of_date,
        feature_key as main_feature_28d,
        {{ safe_divide('days_used', 'days_of_all_features') }} as main_feature_share_28d
    from ranked
    where feature_rank = 1

)

select * from final
