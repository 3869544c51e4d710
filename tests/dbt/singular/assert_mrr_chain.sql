with

changes as (

    select * from {{ ref('fct_mrr_changes') }}

),

chained as (

    select
        account_id,
        change_date,
        mrr_before,
        mrr_after,
        fx_mrr,
        coalesce(lag(mrr_after) over (partition by account_id order by change_date), 0) as previous_mrr_after
    from changes

),

final as (

    select * from chained
    where
        mrr_before <> previous_mrr_after
        or (mrr_before = mrr_after and fx_mrr = 0)
        or mrr_after < 0

)

select * from final
