with

snapshots as (

    select * from {{ ref('int_customer_snapshots') }}

),

accounts as (

    select
        account_key,
        as_of_date as known_on,
        size_band,
        is_paying,
        has_ever_paid
    from {{ ref('int_account_snapshots') }}

),

rfm as (

    select
        customer_key as buyer_key,
        as_of_date as scored_on,
        rfm_group
    from {{ ref('int_customer_rfm') }}

),

segmented as (

    select
        snapshots.customer_id,
        snapshots.customer_key,
        snapshots.account_id,
        snapshots.as_of_date,
        snapshots.is_current,
        snapshots.first_active_on,
        snapshots.active_days_7d,
        snapshots.active_days_28d,
        coalesce(accounts.has_ever_paid and not accounts.is_paying, false) as has_stopped_paying,
        {{ segment_engagement() }} as engagement,
        {{ segment_lifecycle() }} as lifecycle,
        coalesce(rfm.rfm_group, 'non_buyer') as rfm,
        coalesce({{ segment_firmographic() }}, 'unknown') as firmographic
    from snapshots
    left join accounts
        on
            snapshots.account_key = accounts.account_key
            and snapshots.as_of_date = accounts.known_on
    left join rfm
        on
            snapshots.customer_key = rfm.buyer_key
            and snapshots.as_of_date = rfm.scored_on

),

final as (

    select
        *,
        {{ segment_set_key(customer_dimensions()) }} as segment_set_key
    from segmented

)

select * from final
