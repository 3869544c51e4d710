with

customers as (

    select * from {{ ref('int_customers') }}

),

customers_as_of as (

    select * from {{ ref('int_customers_as_of') }} where is_current

),

segments as (

    select * from {{ ref('int_customer_segments') }} where is_current

),

accounts as (

    select * from {{ ref('int_accounts_as_of') }} where is_current

),

bands as (

    select * from {{ ref('bands') }} where band_set = 'age'

),

final as (

    select
        -- ids
        customers_as_of.customer_id,
        customers_as_of.account_id,

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
        customers_as_of.main_device_28d as main_device,
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
        cast(customers_as_of.active_days_28d as integer) as active_days_28d,
        cast(customers_as_of.orders as integer) as orders,
        cast(customers_as_of.net_spend as decimal(18, 2)) as net_spend,

        -- dates
        customers.signed_up_on,
        customers_as_of.first_seen_on,
        coalesce(
            greatest(customers_as_of.last_active_on, customers_as_of.last_ordered_on),
            customers_as_of.last_active_on,
            customers_as_of.last_ordered_on,
            customers_as_of.first_seen_on
        ) as last_seen_on,
        customers_as_of.as_of_date
    from customers_as_of
    inner join customers
        on customers_as_of.customer_key = customers.customer_key
    inner join segments
        on customers_as_of.customer_key = segments.customer_key
    left join accounts
        on customers_as_of.account_key = accounts.account_key
    left join bands
        on
            extract(year from customers_as_of.as_of_date) - customers.birth_year >= bands.lower_bound
            and (
                bands.upper_bound is null
                or extract(year from customers_as_of.as_of_date) - customers.birth_year < bands.upper_bound
            )

)

select * from final
