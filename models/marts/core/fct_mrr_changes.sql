with

changes as (

    select * from {{ ref('int_mrr_changes') }}

),

final as (

    select
        account_id,
        change_date,
        movement_type,
        mrr_before,
        mrr_after,
        cast(mrr_after - mrr_before as decimal(18, 2)) as mrr_change,
        fx_mrr,
        is_involuntary,
        cancel_reason
    from changes

)

select * from final
