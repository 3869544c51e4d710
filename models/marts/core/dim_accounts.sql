with

accounts_as_of as (

    select * from {{ ref('int_accounts_as_of') }} where is_current

),

segments as (

    select * from {{ ref('int_account_segments') }} where is_current

),

customers as (

    select * from {{ ref('int_customer_first_days') }} where first_seen_on <= {{ as_of_date() }}

),

members as (

    select
        account_id,
        count(*) as members
    from customers
    group by account_id

),

final as (

    select
        -- ids
        accounts_as_of.account_id,

        -- traits
        accounts_as_of.industry,
        accounts_as_of.size_band,
        accounts_as_of.revenue_band,
        accounts_as_of.country_code,
        accounts_as_of.ownership,
        accounts_as_of.plan_id as plan,

        -- segments
        segments.firmographic,

        -- numerics
        accounts_as_of.mrr,
        cast(accounts_as_of.seats as bigint) as seats,
        cast(accounts_as_of.subscriptions as integer) as subscriptions,
        cast(coalesce(members.members, 0) as integer) as members,
        accounts_as_of.tenure_days,

        -- booleans
        accounts_as_of.is_paying,
        accounts_as_of.has_ever_paid,
        accounts_as_of.has_trial,

        -- dates
        accounts_as_of.as_of_date
    from accounts_as_of
    inner join segments
        on accounts_as_of.account_id = segments.account_id
    left join members
        on accounts_as_of.account_id = members.account_id

)

select * from final
