{#- The first tagged visit that led to an account, if marketing paid for its campaign. -#}
with

records as (

    select
        utm_campaign,
        occurred_at,
        {{ identity_key("case when user_id is null then 'anonymous' else 'user' end", 'coalesce(user_id, anonymous_id)') }}
            as identity_key
    from {{ staged('events') }}
    where
        utm_campaign is not null
        and event_date <= {{ as_of_date() }}

),

spend as (

    select * from {{ staged('marketing_spend') }}

),

identities as (

    select * from {{ ref('int_identities') }} where not is_internal

),

customers as (

    select * from {{ ref('int_customers') }}

),

campaigns as (

    select
        campaign_id,
        min(channel) as channel
    from spend
    where campaign_id is not null
    group by campaign_id

),

ranked as (

    select
        customers.account_id,
        campaigns.channel,
        records.occurred_at as first_touch_at,
        row_number() over (
            partition by customers.account_id order by records.occurred_at, campaigns.channel, records.utm_campaign
        ) as touch_number
    from records
    inner join campaigns
        on records.utm_campaign = campaigns.campaign_id
    inner join identities
        on records.identity_key = identities.identity_key
    inner join customers
        on identities.customer_key = customers.customer_key

),

final as (

    select
        account_id,
        channel,
        {{ local_date('first_touch_at') }} as first_touch_on
    from ranked
    where touch_number = 1

)

select * from final
