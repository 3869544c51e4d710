with

customers as (

    select * from {{ ref('int_customers') }} where not is_internal

),

watched_masks as (

    -- several events can count as one feature
    select distinct feature_mask
    from {{ ref('event_catalog') }}
    where feature_key = '{{ var("watched_feature") }}'

),

days as (

    select * from {{ ref('int_customer_days') }}

),

watched as (

    select
        days.customer_key,
        min(days.activity_date) as first_used_on
    from days
    inner join watched_masks
        on {{ masks_meet('days.features_mask', 'watched_masks.feature_mask') }}
    group by days.customer_key

),

final as (

    select
        customers.customer_key,
        customers.birth_year,
        customers.gender,
        customers.education,
        customers.income_band,
        customers.occupation,
        customers.job_role,
        customers.country_code,
        customers.region,
        customers.city,
        customers.language,
        watched.first_used_on as watched_feature_first_used_on
    from customers
    left join watched
        on customers.customer_key = watched.customer_key

)

select * from final
