{#- A quarter reaches from the newest as-of date that is at least 91 days old, `day_then`, to today. -#}
with

spans as (select * from {{ ref('segment_membership_history') }}),

definitions as (

    select * from {{ ref('dimension_definitions') }} where retired_on is null

),

days as (

    select max(as_of_date) as day_then from {{ ref('int_as_of_dates') }} where as_of_date <= {{ add_days(as_of_date(), -91) }}

),

flows as (select * from {{ ref('int_entity_flows') }}),

lifetimes as (

    select
        'customer' as entity_type,
        customer_id as entity_id,
        total_clv as lifetime_value
    from {{ ref('fct_customer_lifetime_value') }}
    union all
    select
        'account' as entity_type,
        account_id as entity_id,
        residual_value as lifetime_value
    from {{ ref('fct_account_residual_value') }}

),

accounts_as_of as (select * from {{ ref('int_accounts_as_of') }}),

members as (

    select
        spans.entity_type,
        spans.dimension,
        spans.segment_key,
        flows.account_id,
        flows.net_revenue_91d,
        flows.tickets_91d,
        lifetimes.lifetime_value,
        days.day_then,
        case when spans.valid_to is null then 1 else 0 end as is_in,
        case when spans.valid_from <= days.day_then and coalesce(spans.valid_to > days.day_then, true) then 1 else 0 end as was_in
    from spans
    inner join definitions
        on
            spans.dimension = definitions.dimension
            and spans.definition_hash = definitions.definition_hash
            and spans.definition_version = definitions.definition_version
    inner join flows
        on
            spans.entity_type = flows.entity_type
            and spans.entity_id = flows.entity_id
    left join lifetimes
        on
            spans.entity_type = lifetimes.entity_type
            and spans.entity_id = lifetimes.entity_id
    cross join days

),

of_members as (

    select
        entity_type,
        dimension,
        segment_key,
        sum(is_in) as members,
        sum(was_in) as members_then,
        sum(is_in * net_revenue_91d) as net_revenue,
        sum(is_in * lifetime_value) as lifetime_value,
        sum(case when lifetime_value is not null then is_in else 0 end) as members_valued,
        sum(is_in * tickets_91d) as tickets
    from members
    group by entity_type, dimension, segment_key

),

paying_then as (

    -- an account counts once in a segment, however many of its customers are in it
    select distinct
        members.entity_type,
        members.dimension,
        members.segment_key,
        members.account_id,
        accounts_as_of.mrr as mrr_then
    from members
    inner join accounts_as_of
        on
            members.account_id = accounts_as_of.account_id
            and members.day_then = accounts_as_of.as_of_date
            and members.was_in = 1
            and accounts_as_of.is_paying

),

of_accounts as (

    select
        paying_then.entity_type,
        paying_then.dimension,
        paying_then.segment_key,
        count(*) as accounts,
        sum(case when accounts_as_of.mrr > 0 then 0 else 1 end) as accounts_lost,
        sum(paying_then.mrr_then) as mrr_then,
        sum(greatest(accounts_as_of.mrr - paying_then.mrr_then, 0)) as mrr_won
    from paying_then
    inner join accounts_as_of
        on
            paying_then.account_id = accounts_as_of.account_id
            and accounts_as_of.is_current
    group by paying_then.entity_type, paying_then.dimension, paying_then.segment_key

),

final as (

    {% for component, (relation, numerator, denominator, n) in {
        'size': ('of_members', 'members', '1', 'members'),
        'growth': ('of_members', 'members - members_then', 'members_then', 'members_then'),
        'arpu': ('of_members', 'net_revenue', 'members', 'members'),
        'clv': ('of_members', 'lifetime_value', 'members_valued', 'members_valued'),
        'churn': ('of_accounts', 'accounts_lost', 'accounts', 'accounts'),
        'expansion': ('of_accounts', 'mrr_won', 'mrr_then', 'accounts'),
        'cost_to_serve': ('of_members', 'tickets', 'members', 'members'),
    }.items() -%}
    select
        entity_type,
        dimension,
        segment_key,
        '{{ component }}' as component,
        cast({{ numerator }} as decimal(18, 2)) as numerator,
        cast({{ denominator }} as decimal(18, 2)) as denominator,
        {{ safe_divide(numerator, denominator) }} as part_value,
        {{ is_small_n(n) }} as is_small_n,
        {{ as_of_date() }} as as_of_date
    from {{ relation }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
