with

transactions as (

    select
        *,
        {{ local_date('occurred_at') }} as revenue_date
    from {{ staged('transactions') }}

),

rates as (

    select * from {{ ref('int_fx_rates') }}

),

identities as (

    select * from {{ ref('int_identities') }} where identity_kind = 'user'

),

customers as (

    select * from {{ ref('int_customers') }}

),

internal_accounts as (

    select distinct account_id
    from customers
    where is_account_internal

),

final as (

    select
        transactions.transaction_id,
        transactions.kind,
        coalesce(transactions.category, 'one_off') as category,
        -- a line without an order id belongs to the order of its customer and day
        coalesce(
            transactions.order_id,
            identities.customer_id || '|' || cast(transactions.revenue_date as {{ dbt.type_string() }})
        ) as order_id,
        identities.customer_id,
        identities.customer_key,
        coalesce(transactions.account_id, customers.account_id) as account_id,
        transactions.product_id,
        transactions.quantity,
        transactions.currency,
        transactions.amount as original_amount,
        {{ money('transactions.amount * rates.rate') }} as amount,
        case when transactions.kind = 'charge' then 1 else -1 end as direction,
        transactions.occurred_at,
        {{ local_date('transactions.received_at') }} as received_on,
        transactions.revenue_date
    from transactions
    left join rates
        on
            transactions.revenue_date = rates.rate_date
            and transactions.currency = rates.currency
    left join identities
        on transactions.user_id = identities.identity_id
    left join customers
        on identities.customer_id = customers.customer_id
    left join internal_accounts
        on transactions.account_id = internal_accounts.account_id
    where
        not coalesce(identities.is_internal, false)
        -- money that names a customer is that customer's, whoever else is in the account
        and (internal_accounts.account_id is null or identities.customer_id is not null)
        and transactions.revenue_date <= {{ as_of_date() }}

)

select * from final
