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

final as (

    select
        account_id,
        {{ int64_key('account_id') }} as account_key,
        min(known_on) as known_on
    from mentions
    group by account_id

)

select * from final
