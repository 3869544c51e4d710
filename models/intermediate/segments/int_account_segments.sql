with

snapshots as (

    select * from {{ ref('int_account_snapshots') }}

),

segmented as (

    select
        account_id,
        as_of_date,
        is_current,
        {{ segment_firmographic() }} as firmographic
    from snapshots

),

final as (

    select
        *,
        {{ segment_set_key(account_dimensions()) }} as segment_set_key
    from segmented

)

select * from final
