{#- A price that goes on in another currency moves with the rate alone: of what ends and what starts on one day in one
    currency, the smaller amount is carried on, and its change of value is no act of the customer. -#}
with

phases as (

    select * from {{ ref('int_subscription_phases') }}
    where
        is_paid
        and mrr is not null
        and (ended_on is null or ended_on > started_on)

),

flows as (

    select
        account_id,
        currency,
        started_on as change_date,
        mrr as started_mrr,
        original_mrr as started_amount,
        cast(0 as decimal(18, 2)) as ended_mrr,
        cast(0 as decimal(18, 2)) as ended_amount
    from phases
    union all
    select
        account_id,
        currency,
        ended_on as change_date,
        cast(0 as decimal(18, 2)) as started_mrr,
        cast(0 as decimal(18, 2)) as started_amount,
        mrr as ended_mrr,
        original_mrr as ended_amount
    from phases
    where ended_on <= {{ as_of_date() }}

),

currencies as (

    select
        account_id,
        change_date,
        currency,
        sum(started_mrr) as started_mrr,
        sum(started_amount) as started_amount,
        sum(ended_mrr) as ended_mrr,
        sum(ended_amount) as ended_amount
    from flows
    group by account_id, change_date, currency

),

valued as (

    select
        *,
        case
            when currency = '{{ var("reporting_currency") }}' or started_amount = 0 or ended_amount = 0 then 0
            when started_amount >= ended_amount
                then
                    {{ money(safe_divide('cast(started_mrr as ' ~ type_double() ~ ') * ended_amount', 'started_amount')) }}
                    - ended_mrr
            else
                started_mrr
                - {{ money(safe_divide('cast(ended_mrr as ' ~ type_double() ~ ') * started_amount', 'ended_amount')) }}
        end as fx_mrr
    from currencies

),

days as (

    -- a plan change by cancel-and-create on one day nets out here
    select
        account_id,
        change_date,
        cast(sum(started_mrr - ended_mrr) as decimal(18, 2)) as mrr_change,
        cast(sum(fx_mrr) as decimal(18, 2)) as fx_mrr
    from valued
    group by account_id, change_date
    having
        sum(started_mrr - ended_mrr) <> 0
        or sum(fx_mrr) <> 0

),

ends as (

    -- of several phases that end on a day, one that says why, the dearest first
    select
        account_id,
        ended_on,
        is_involuntary,
        cancel_reason,
        row_number() over (
            partition by account_id, ended_on
            order by
                case when is_involuntary is null and cancel_reason is null then 1 else 0 end asc,
                mrr desc, subscription_id asc, item_key asc, phase_started_at asc
        ) as reason_rank
    from phases

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
        running.account_id,
        running.change_date,
        cast(running.mrr_after - running.mrr_change as decimal(18, 2)) as mrr_before,
        running.mrr_after,
        running.fx_mrr,
        -- cases with zero come first: a reactivation is not an expansion, a churn not a contraction
        case
            when running.change_number = 1 then 'new'
            when running.mrr_after = running.mrr_change then 'reactivation'
            when running.mrr_after = 0 then 'churn'
            when running.mrr_change = running.fx_mrr then 'fx'
            when running.mrr_change > running.fx_mrr then 'expansion'
            else 'contraction'
        end as movement_type,
        ends.is_involuntary,
        ends.cancel_reason,
        running.next_change_date
    from running
    left join ends
        on
            running.account_id = ends.account_id
            and running.change_date = ends.ended_on
            and running.mrr_after = 0
            and ends.reason_rank = 1

)

select * from final
