with

snapshots as (

    select * from {{ ref('int_customer_snapshots') }}

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
        {{ segment_engagement() }} as engagement,
        {{ segment_lifecycle() }} as lifecycle,
        coalesce(rfm.rfm_group, 'non_buyer') as rfm,
        coalesce({{ segment_firmographic() }}, 'unknown') as firmographic
    from snapshots
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
