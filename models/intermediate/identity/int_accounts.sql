{#- Every account that any feed names; who pays. Where a user is named too, the account comes with the customer. -#}
{%- set mentions = {'transactions': 'occurred_at', 'tickets': 'created_at', 'survey_responses': 'responded_at'} -%}
with

accounts as (

    select * from {{ staged('accounts') }}

),

subscriptions as (

    select * from {{ staged('subscriptions') }}

),

customers as (

    select * from {{ ref('int_customers') }}

),

mentions as (

    select
        account_id,
        {{ local_date('updated_at') }} as known_on
    from accounts
    union all
    select
        account_id,
        {{ local_date('phase_started_at') }} as known_on
    from subscriptions
    union all
    select
        account_id,
        known_on
    from customers
    where not is_internal
    {% for feed, instant in mentions.items() -%}
    union all
    select
        account_id,
        {{ local_date(instant) }} as known_on
    from {{ staged(feed) }}
    where
        account_id is not null
        and user_id is null
    {% endfor %}
),

members as (

    select
        account_id,
        min(case when is_internal then 1 else 0 end) = 1 as is_internal
    from customers
    group by account_id

),

known as (

    select
        account_id,
        min(known_on) as known_on
    from mentions
    group by account_id

),

final as (

    -- an account of internal people only is a test of our own
    select
        known.account_id,
        {{ int64_key('known.account_id') }} as account_key,
        known.known_on,
        coalesce(members.is_internal, false) as is_internal
    from known
    left join members
        on known.account_id = members.account_id

)

select * from final
