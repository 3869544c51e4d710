{{ config(tags=['fit_input']) }}
with

customers_as_of as (

    select * from {{ ref('int_customers_as_of') }} where is_current

),

accounts as (

    select * from {{ ref('int_accounts_as_of') }} where is_current

),

-- keys are hashes, so their order is a reproducible random sample
ranked as (

    select
        *,
        row_number() over (order by customer_key) as place
    from customers_as_of

),

final as (

    select
        customers_as_of.customer_key,
        {{ cluster_values() }}
    from ranked as customers_as_of
    left join accounts
        on customers_as_of.account_key = accounts.account_key
    where customers_as_of.place <= {{ var('cluster_sample_size') }}

)

select * from final
