with

customers as (

    select * from {{ ref('int_customers') }}

),

snapshots as (

    select * from {{ ref('int_customer_snapshots') }} where is_current

),

segments as (

    select * from {{ ref('int_customer_segments') }} where is_current

),

accounts as (

    select * from {{ ref('int_account_snapshots') }} where is_current

),

bands as (

    select * from {{ ref('bands') }} where band_set = 'age'

),

final as (

    select
        -- ids
        snapshots.customer_id,
        snapshots.account_id,

        -- traits
        coalesce(bands.band_key, 'unknown') as age_band,
        customers.gender,
        customers.education,
        customers.income_band,
        customers.occupation,
        customers.job_role,
        coalesce(customers.country_code, accounts.country_code) as country_code,
        customers.region,
        customers.city,
        customers.timezone,
        customers.language,
        snapshots.main_device_28d as main_device,
        accounts.plan_id as plan,

        -- segments
        segments.engagement,
        segments.lifecycle,
        segments.rfm,
        segments.firmographic,
        segments.acquisition_cohort,
        segments.behavioral,
        segments.cluster,
        segments.demographic,
        segments.geographic,
        segments.needs_based,
        segments.plan_stage,
        segments.psychographic,
        segments.technographic,
        segments.value_based,

        -- numerics
        cast(customers.user_ids as integer) as user_ids,
        cast(snapshots.active_days_28d as integer) as active_days_28d,
        cast(snapshots.orders as integer) as orders,
        cast(snapshots.net_spend as decimal(18, 2)) as net_spend,

        -- dates
        customers.signed_up_on,
        snapshots.first_seen_on,
        coalesce(
            greatest(snapshots.last_active_on, snapshots.last_ordered_on),
            snapshots.last_active_on,
            snapshots.last_ordered_on,
            snapshots.first_seen_on
        ) as last_seen_on,
        snapshots.as_of_date
    from snapshots
    inner join customers
        on snapshots.customer_key = customers.customer_key
    inner join segments
        on snapshots.customer_key = segments.customer_key
    left join accounts
        on snapshots.account_key = accounts.account_key
    left join bands
        on
            extract(year from snapshots.as_of_date) - customers.birth_year >= bands.lower_bound
            and (
                bands.upper_bound is null
                or extract(year from snapshots.as_of_date) - customers.birth_year < bands.upper_bound
            )

)

select * from final
