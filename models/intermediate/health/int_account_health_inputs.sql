with

as_of_dates as (

    select * from {{ ref('int_as_of_dates') }}
    where
        is_month_end
        or is_current

),

accounts as (

    select * from {{ ref('int_accounts_as_of') }}

),

customers as (

    select * from {{ ref('int_customer_features') }}

),

plans as (

    select * from {{ staged('plans') }}

),

headroom as (

    -- share of the other plans that include more seats
    select
        plans.plan_id,
        {{ safe_divide('sum(case when other_plans.seats_included > plans.seats_included then 1 else 0 end)', 'count(*) - 1') }}
            as plan_headroom
    from plans
    cross join plans as other_plans
    where plans.seats_included is not null
    group by plans.plan_id

),

members as (

    -- what no feed tells of any member stays NULL
    select
        customers.account_key,
        customers.as_of_date,
        count(*) as members,
        sum(case when customers.active_days_28d > 0 then 1 when customers.active_days_28d = 0 then 0 end) as active_members,
        sum(
            case when customers.active_days_previous_28d > 0 then 1 when customers.active_days_previous_28d = 0 then 0 end
        ) as active_members_previous,
        sum(customers.active_days_28d) as active_days,
        sum(customers.active_days_previous_28d) as active_days_previous,
        sum(customers.features_used_28d) as features_used,
        avg(customers.last_nps_score) as mean_nps_score,
        avg(customers.last_csat_score) as mean_csat_score,
        sum(customers.open_tickets) as open_tickets,
        sum(customers.limit_hits_28d) as limit_hits
    from customers
    inner join as_of_dates
        on customers.as_of_date = as_of_dates.as_of_date
    group by customers.account_key, customers.as_of_date

),

final as (

    select
        accounts.account_id,
        accounts.as_of_date,
        accounts.is_current,
        {{ safe_divide('members.active_members', 'members.members') }} as active_share,
        {{ safe_divide('members.active_days', 'members.active_days_previous') }} as activity_trend,
        {{ safe_divide('members.features_used', 'members.active_members') }} as features_per_active,
        cast(members.mean_nps_score as {{ type_double() }}) as mean_nps_score,
        cast(members.mean_csat_score as {{ type_double() }}) as mean_csat_score,
        {{ safe_divide('members.open_tickets', 'members.members') }} as open_tickets_per_member,
        {{ safe_divide('members.active_members', 'accounts.seats') }} as seat_use,
        {{ safe_divide('members.limit_hits', 'members.members') }} as limit_hits_per_member,
        {{ safe_divide('members.active_members', 'members.active_members_previous') }} as active_growth,
        headroom.plan_headroom
    from accounts
    inner join members
        on
            accounts.account_key = members.account_key
            and accounts.as_of_date = members.as_of_date
    left join headroom
        on accounts.plan_id = headroom.plan_id

)

select * from final
