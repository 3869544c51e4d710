{#- Sign-up and first payment of accounts by acquisition channel, and their margin since. -#}
with

customers as (

    select * from {{ ref('int_customers') }}
    where
        not is_internal
        and signed_up_on <= {{ as_of_date() }}

),

transactions as (

    select * from {{ ref('int_transactions_converted') }} where account_id is not null

),

channels as (

    select * from {{ ref('int_account_channels') }}

),

dates as (

    select * from {{ ref('int_dates') }}

),

signed_up as (

    select
        account_id,
        min(signed_up_on) as signed_up_on
    from customers
    group by account_id

),

paid as (

    select
        account_id,
        min(case when kind = 'charge' and amount > 0 then revenue_date end) as first_paid_on
    from transactions
    group by account_id

),

cash_months as (

    -- rounded per account and month first, so that the parts add up
    select
        transactions.account_id,
        dates.month_start as cash_month,
        {{ money('sum(transactions.amount * transactions.direction) * ' ~ var('gross_margin')) }} as margin
    from transactions
    inner join dates
        on transactions.revenue_date = dates.date_day
    group by transactions.account_id, dates.month_start

),

events as (

    select
        account_id,
        signed_up_on as event_date,
        'sign_up' as event_kind,
        cast(null as date) as cash_month,
        cast(0 as decimal(18, 2)) as margin
    from signed_up
    union all
    select
        account_id,
        first_paid_on as event_date,
        'first_payment' as event_kind,
        cast(null as date) as cash_month,
        cast(0 as decimal(18, 2)) as margin
    from paid
    where first_paid_on is not null
    union all
    select
        cash_months.account_id,
        paid.first_paid_on as event_date,
        'margin' as event_kind,
        cash_months.cash_month,
        cash_months.margin
    from cash_months
    inner join paid
        on
            cash_months.account_id = paid.account_id
            and paid.first_paid_on is not null

),

final as (

    select
        events.account_id,
        events.event_kind,
        events.event_date,
        coalesce(channels.channel, 'unattributed') as channel,
        events.cash_month,
        events.margin
    from events
    -- a visit after the sign-up or payment did not cause it
    left join channels
        on
            events.account_id = channels.account_id
            and events.event_date >= channels.first_touch_on

)

select * from final
