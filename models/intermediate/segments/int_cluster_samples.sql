{{ config(tags=['fit_input']) }}
with

snapshots as (

    select * from {{ ref('int_customer_snapshots') }} where is_current

),

accounts as (

    select * from {{ ref('int_account_snapshots') }} where is_current

),

-- keys are hashes: their order is a draw that is the same on every machine
ranked as (

    select
        *,
        row_number() over (order by customer_key) as place
    from snapshots

),

final as (

    select
        snapshots.customer_key,
        {{ cluster_values() }}
    from ranked as snapshots
    left join accounts
        on snapshots.account_key = accounts.account_key
    where snapshots.place <= {{ var('cluster_sample_size') }}

)

select * from final
