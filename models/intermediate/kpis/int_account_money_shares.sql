{#-
    Who shares the money of an account that names no customer: its active members of the month, in equal parts; all its members where
    none was active. The calendar month is the unit for every grain, so that the shares of days, weeks and months agree.
-#}
with

transactions as (

    select * from {{ ref('int_transactions_converted') }}
    where
        customer_key is null
        and account_id is not null

),

customers as (

    select * from {{ ref('int_customer_first_days') }}

),

customer_days as (

    select * from {{ ref('int_customer_days') }}

),

dates as (

    select * from {{ ref('int_dates') }}

),

account_months as (

    select distinct
        transactions.account_id,
        dates.month_start
    from transactions
    inner join dates
        on transactions.revenue_date = dates.date_day

),

active_months as (

    select distinct
        customer_days.customer_key,
        dates.month_start
    from customer_days
    inner join dates
        on customer_days.activity_date = dates.date_day

),

members as (

    select
        account_months.account_id,
        account_months.month_start,
        customers.customer_id,
        customers.customer_key,
        active_months.customer_key is not null as is_active,
        max(case when active_months.customer_key is not null then 1 else 0 end) over (
            partition by account_months.account_id, account_months.month_start
        ) = 1 as has_active_members
    from account_months
    inner join customers
        on account_months.account_id = customers.account_id
    left join active_months
        on
            customers.customer_key = active_months.customer_key
            and account_months.month_start = active_months.month_start

),

final as (

    select
        account_id,
        month_start,
        customer_key,
        row_number() over (partition by account_id, month_start order by customer_id) as place,
        count(*) over (partition by account_id, month_start) as places
    from members
    where
        '{{ var("account_money") }}' = 'equal_members'
        or ('{{ var("account_money") }}' = 'equal_active' and (is_active or not has_active_members))

)

select * from final
