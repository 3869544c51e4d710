-- Latent subscriptions. A stint is one stay of an account on one contract line; phases are cut out of it.
-- Tenure in paid billing periods comes from the shifted beta-geometric of the stint's group (`survival`).
create macro add_periods(ts, bi, ic, k) as
    case bi
        when 'day' then ts + to_days(cast(k * ic as integer))
        when 'week' then ts + to_days(cast(7 * k * ic as integer))
        when 'month' then ts + to_months(cast(k * ic as integer))
        else ts + to_months(cast(12 * k * ic as integer))
    end;
create macro plan_name(i) as ['free', 'team', 'business', 'enterprise'][1 + i];
create macro clamp(x, lo, hi) as least(greatest(x, lo), hi);

-- Completes a stint that has st, a, path, started_at, paid_at and the draws of its price.
create macro stint_of(tbl) as table
with priced as (
    select
        *,
        case
            when bill < 0.62 or n = 2 then 'month'
            when bill < 0.68 then 'month'
            when bill < 0.90 then 'year'
            when bill < 0.97 then 'week'
            else 'day'
        end as billing_interval,
        case when n <> 2 and bill >= 0.62 and bill < 0.68 then 3 else 1 end as interval_count,
        case when health > 0.66 then 'sticky' when health > 0.33 then 'average' else 'fragile' end as tenure_group
    from query_table(tbl)
),
tenured as (
    select
        priced.*,
        case
            when paid_at is null then 0
            else 1 + len(list_filter(survival.s, lambda x: x > u(st, 200)))
        end as periods,
        paid_at is not null and u(st, 201) < 0.28 and priced.billing_interval <> 'day' as fails_payment
    from priced
    join survival
        on survival.billing_interval = priced.billing_interval and survival.tenure_group = priced.tenure_group
),
bounded as (
    select *, add_periods(paid_at, billing_interval, interval_count, periods) as boundary_at from tenured
)
select
    st, a, n, path, started_at, paid_at, billing_interval, interval_count, tenure_group, plan0, quantity0, currency,
    periods, fails_payment, boundary_at,
    case
        when path = 'free' and paid_at is null then null
        when paid_at is null then started_at + to_days(14)
        when fails_payment then boundary_at + to_days(case billing_interval when 'week' then 3 else 14 end)
        else boundary_at
    end as drawn_end
from bounded;

create table main_base as
with drawn as (
    select
        a * 4 as st, a, 0 as n, health, currency, is_internal, n_users, started_at,
        case
            when is_internal or u(a, 203) < 0.30 then 'free'
            when u(a, 203) < 0.72 then 'trial'
            else 'direct'
        end as path,
        u(a, 204) as convert_draw, u(a, 205) as delay_draw, u(a, 206) as bill,
        1 + cast(u(a, 207) < 0.25 + 0.35 * health as integer)
            + cast(u(a, 208) < 0.10 + 0.30 * least(n_users / 20.0, 1) as integer) as plan0
    from acct
)
select
    st, a, n, health, currency, bill, path, started_at, plan0,
    greatest(1, cast(round(n_users * (0.7 + 0.6 * u(a, 209))) as bigint)) as quantity0,
    case
        when is_internal then null
        when path = 'direct' then started_at
        when path = 'trial' and convert_draw < 0.25 + 0.55 * health then started_at + to_days(14)
        when path = 'free' and convert_draw < 0.40 * health
            then started_at + to_days(30 + cast(floor(delay_draw * 210) as integer))
    end as paid_at
from drawn;

create table main_stint as from stint_of('main_base');

-- Accounts that come back, and add-ons beside the main contract.
create table later_base as
select
    a * 4 + 1 as st, a, 1 as n, acct.health, main_stint.currency, u(a, 210) as bill, 'direct' as path,
    drawn_end + to_days(15 + cast(floor(u(a, 211) * 150) as integer)) as started_at,
    plan0, quantity0, drawn_end + to_days(15 + cast(floor(u(a, 211) * 150) as integer)) as paid_at
from main_stint join acct using (a)
where paid_at < t1() and drawn_end < t1() and u(a, 212) < 0.22
union all
select
    a * 4 + 2, a, 2, acct.health, main_stint.currency, 0.0, 'direct',
    paid_at + to_days(cast(floor(u(a, 213) * 150) as integer)),
    1, greatest(1, quantity0 // 3), paid_at + to_days(cast(floor(u(a, 213) * 150) as integer))
from main_stint join acct using (a)
where paid_at < t1() and u(a, 214) < 0.08;

create table stint as
with all_stint as (
    from main_stint
    union all
    from stint_of('later_base')
)
select * replace (case when paid_at < t1() then paid_at end as paid_at),
    case when drawn_end < t1() then drawn_end end as ended_at
from all_stint
where started_at < t1();

create table period as
select st, j, moment
from (
    select st, j, add_periods(paid_at, billing_interval, interval_count, j) as moment
    from (select *, unnest(range(least(periods, 600))) as j from stint where paid_at is not null)
)
where moment < t1();

-- Instants at which something about the contract changes; status rank: 4 paused, 3 past_due, 2 active, 1 trialing.
create table cut as
with changed as (
    select
        period.st, period.moment,
        case
            when u(st * 1024 + j, 221) < 0.55 then 'quantity'
            when u(st * 1024 + j, 221) < 0.82 then 'up'
            else 'down'
        end as change,
        u(st * 1024 + j, 224) < 0.30 as is_new_subscription
    from period join stint using (st)
    where j >= 1 and u(st * 1024 + j, 220) < case billing_interval
        when 'day' then 0 when 'week' then 0.01 when 'year' then 0.35
        when 'month' then 0.045 * (1 + 2 * (interval_count - 1)) end
),
monthly as (
    select period.*, add_periods(paid_at, 'month', 1, j + 1) as next_at
    from period join stint using (st)
    where billing_interval = 'month' and interval_count = 1 and j >= 1 and j < periods - 1
),
every_cut as (
    select st, started_at as moment, case path when 'trial' then 1 else 2 end as rank, 0 as d_plan, 0 as d_quantity,
        0 as new_subscription
    from stint
    union all
    select st, paid_at, 2, 0, 0, 0 from stint where paid_at > started_at
    union all
    select st, moment, 0, case change when 'up' then 1 when 'down' then -1 else 0 end,
        cast(change = 'quantity' as integer),
        cast(change <> 'quantity' and is_new_subscription as integer)
    from changed
    union all
    select st, moment, 3, 0, 0, 0 from monthly where u(st * 1024 + j, 222) < 0.008
    union all
    select st, moment + to_days(6), 2, 0, 0, 0 from monthly where u(st * 1024 + j, 222) < 0.008
    union all
    select st, moment, 4, 0, 0, 0 from monthly where u(st * 1024 + j, 223) < 0.004
    union all
    select st, next_at, 2, 0, 0, 0 from monthly where u(st * 1024 + j, 223) < 0.004
    union all
    select st, boundary_at, 3, 0, 0, 0 from stint where fails_payment
)
select st, moment, max(rank) as rank, sum(d_plan) as d_plan, sum(d_quantity) as d_quantity,
    max(new_subscription) as new_subscription
from every_cut
where moment < t1()
group by st, moment;

create table phase as
with run as (
    select
        cut.st, cut.moment, stint.* exclude (st),
        last_value(nullif(rank, 0) ignore nulls) over w as rank,
        sum(d_plan) over w as plan_steps, sum(d_quantity) over w as quantity_steps,
        sum(new_subscription) over w as generation, new_subscription,
        lead(cut.moment) over (partition by cut.st order by cut.moment) as next_at,
        lead(new_subscription) over (partition by cut.st order by cut.moment) as next_is_new
    from cut join stint using (st)
    window w as (partition by cut.st order by cut.moment rows unbounded preceding)
),
planned as (
    select
        *,
        case when path = 'free' and (paid_at is null or moment < paid_at) then 0
            else clamp(plan0 + cast(plan_steps as bigint), 1, 3) end as plan_no,
        case
            when path = 'free' and (paid_at is null or moment < paid_at) then 1
            when quantity_steps = 0 then quantity0
            else greatest(1, cast(round(
                quantity0 * (1 + 0.08 * quantity_steps)
                * (0.75 + 0.5 * u(st * 64 + cast(quantity_steps as bigint), 230))
            ) as bigint))
        end as quantity
    from run
)
select
    st, n, a, moment, plan_no, quantity, rank, currency, tenure_group, fails_payment,
    'sub_' || lpad(cast(st as varchar), 8, '0')
        || case when generation > 0 then '-' || cast(generation as varchar) else '' end as subscription_id,
    -- cancel and create on one day: the new subscription starts an hour after the old one ended
    moment + to_hours(cast(new_subscription as integer)) as phase_started_at,
    coalesce(next_at, ended_at) as phase_ended_at,
    plan_name(plan_no) as plan_id,
    ['trialing', 'active', 'past_due', 'paused'][rank] as status,
    case when plan_no = 0 then 'month' else billing_interval end as billing_interval,
    case when plan_no = 0 then 1 else interval_count end as interval_count,
    case when plan_no = 0 then 0 else cast(round(
        [1200, 2500, 6000][plan_no]
        * case when billing_interval = 'year' then 10 when billing_interval = 'week' then 0.3
            when billing_interval = 'day' then 0.06 when interval_count = 3 then 2.85 else 1 end
        * case currency when 'EUR' then 0.92 when 'GBP' then 0.8 else 1 end
    ) as bigint) end as unit_cents,
    case when path = 'trial' and rank = 1 then started_at + to_days(14) end as trial_ends_at,
    next_at is null and ended_at is not null as is_last,
    -- some ends of a stay are told by a person, days later
    case
        when is_last and u(st, 743) < 0.2 and later(ended_at, 2 * 86400, u(st, 744), 18 * 86400) < t1()
            then later(ended_at, 2 * 86400, u(st, 744), 18 * 86400)
        else phase_ended_at
    end as end_told_at,
    coalesce(next_is_new, 0) = 1 as is_replaced,
    rank = 1 as is_trial,
    plan_no > 0 and rank in (2, 3) as is_live
from planned;
