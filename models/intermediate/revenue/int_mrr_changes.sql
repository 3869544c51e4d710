with

phases as (

    select * from {{ ref('int_subscription_phases') }} where is_paid

),

deltas as (

    select
        account_id,
        started_on as change_date,
        mrr as mrr_change,
        cast(null as boolean) as is_involuntary,
        cast(null as {{ dbt.type_string() }}) as cancel_reason
    from phases
    union all
    select
        account_id,
        ended_on as change_date,
        -mrr as mrr_change,
        is_involuntary,
        cancel_reason
    from phases
    where
        ended_on is not null
        and ended_on <= {{ as_of_date() }}

),

days as (

    -- a plan change by cancel-and-create on one day nets out here
    select
        account_id,
        change_date,
        cast(sum(mrr_change) as decimal(18, 2)) as mrr_change,
        max(case when is_involuntary then 1 when not is_involuntary then 0 end) = 1 as is_involuntary,
        max(cancel_reason) as cancel_reason
    from deltas
    group by account_id, change_date
    having sum(mrr_change) <> 0

),

running as (

    select
        *,
        cast(sum(mrr_change) over (
            partition by account_id order by change_date rows between unbounded preceding and current row
        ) as decimal(18, 2)) as mrr_after,
        row_number() over (partition by account_id order by change_date) as change_number,
        lead(change_date) over (partition by account_id order by change_date) as next_change_date
    from days

),

final as (

    select
        account_id,
        change_date,
        cast(mrr_after - mrr_change as decimal(18, 2)) as mrr_before,
        mrr_after,
        -- cases with zero come first: a reactivation is not an expansion, a churn not a contraction
        case
            when change_number = 1 then 'new'
            when mrr_after = mrr_change then 'reactivation'
            when mrr_after = 0 then 'churn'
            when mrr_change > 0 then 'expansion'
            else 'contraction'
        end as movement_type,
        case when mrr_after = 0 then is_involuntary end as is_involuntary,
        case when mrr_after = 0 then cancel_reason end as cancel_reason,
        next_change_date
    from running

)

select * from final
