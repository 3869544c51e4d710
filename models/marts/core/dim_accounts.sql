with

snapshots as (

    select * from {{ ref('int_account_snapshots') }} where is_current

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
        snapshots.account_id,

        -- traits
        snapshots.industry,
        snapshots.size_band,
        snapshots.revenue_band,
        snapshots.country_code,
        snapshots.ownership,
        snapshots.plan_id as plan,

        -- segments
        segments.firmographic,

        -- numerics
        snapshots.mrr,
        cast(snapshots.seats as bigint) as seats,
        cast(snapshots.subscriptions as integer) as subscriptions,
        cast(coalesce(members.members, 0) as integer) as members,
        snapshots.tenure_days,

        -- booleans
        snapshots.is_paying,
        snapshots.has_ever_paid,
        snapshots.has_trial,

        -- dates
        snapshots.as_of_date
    from snapshots
    inner join segments
        on snapshots.account_id = segments.account_id
    left join members
        on snapshots.account_id = members.account_id

)

select * from final
