{#- Revenue and cost of a member: net revenue and tickets of the last 91 days. Revenue without a customer belongs to its account. -#}
with

customers as (

    select * from {{ ref('int_customers') }} where not is_internal

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

revenue as (

    select * from {{ ref('int_customer_revenue_periods') }} where period_grain = 'day'

),

tickets as (

    select * from {{ staged('tickets') }}

),

identities as (

    select * from {{ ref('int_identities') }} where identity_kind = 'user'

),

flows as (

    select
        customers.customer_id,
        coalesce(revenue.payer_account_id, customers.account_id) as account_id,
        revenue.net_revenue,
        0 as tickets
    from revenue
    left join customers
        on revenue.customer_key = customers.customer_key
    where revenue.period_start > {{ add_days(as_of_date(), -91) }}
    union all
    select
        identities.customer_id,
        coalesce(tickets.account_id, customers.account_id) as account_id,
        cast(0 as decimal(18, 2)) as net_revenue,
        1 as tickets
    from tickets
    left join identities
        on tickets.user_id = identities.identity_id
    left join customers
        on identities.customer_id = customers.customer_id
    where
        {{ local_date('tickets.created_at') }} > {{ add_days(as_of_date(), -91) }}
        and {{ local_date('tickets.created_at') }} <= {{ as_of_date() }}

),

entities as (

    select
        'customer' as entity_type,
        customer_id as entity_id,
        account_id
    from customers
    union all
    select
        'account' as entity_type,
        account_id as entity_id,
        account_id
    from accounts

),

summed as (

    select
        'customer' as entity_type,
        customer_id as entity_id,
        sum(net_revenue) as net_revenue,
        sum(tickets) as tickets
    from flows
    group by customer_id
    union all
    select
        'account' as entity_type,
        account_id as entity_id,
        sum(net_revenue) as net_revenue,
        sum(tickets) as tickets
    from flows
    group by account_id

),

final as (

    select
        entities.entity_type,
        entities.entity_id,
        entities.account_id,
        cast(coalesce(summed.net_revenue, 0) as decimal(18, 2)) as net_revenue_91d,
        cast(coalesce(summed.tickets, 0) as bigint) as tickets_91d
    from entities
    left join summed
        on
            entities.entity_type = summed.entity_type
            and entities.entity_id = summed.entity_id

)

select * from final
