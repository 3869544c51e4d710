{#- The rows that the core leaves out are found again here, from staging and the identity map. -#}
with

core as (

    select * from {{ ref('int_transactions_converted') }}

),

transactions as (

    select * from {{ staged('transactions') }}

),

internal_users as (

    select * from {{ ref('int_identities') }}
    where
        identity_kind = 'user'
        and is_internal

),

internal_accounts as (

    select distinct account_id
    from {{ ref('int_customers') }}
    where is_account_internal

),

left_out as (

    select transactions.*
    from transactions
    left join internal_users
        on transactions.user_id = internal_users.identity_id
    left join internal_accounts
        on transactions.account_id = internal_accounts.account_id
    where
        internal_users.identity_id is not null
        or (transactions.user_id is null and internal_accounts.account_id is not null)
        or {{ local_date('transactions.occurred_at') }} > {{ as_of_date() }}

),

sums as (

    select
        currency,
        kind,
        sum(amount) as staging_amount,
        count(*) as staging_lines,
        0 as core_amount,
        0 as core_lines
    from transactions
    group by currency, kind
    union all
    select
        currency,
        kind,
        -sum(amount) as staging_amount,
        -count(*) as staging_lines,
        0 as core_amount,
        0 as core_lines
    from left_out
    group by currency, kind
    union all
    select
        currency,
        kind,
        0 as staging_amount,
        0 as staging_lines,
        sum(original_amount) as core_amount,
        count(*) as core_lines
    from core
    group by currency, kind

),

final as (

    select
        currency,
        kind,
        sum(staging_amount) as staging_amount,
        sum(core_amount) as core_amount,
        sum(staging_lines) as staging_lines,
        sum(core_lines) as core_lines
    from sums
    group by currency, kind
    having
        sum(staging_amount) <> sum(core_amount)
        or sum(staging_lines) <> sum(core_lines)

)

select * from final
