-- Orders of the shop and every line of money. Needs usr, phase, period, fx, drawn_orders.
-- usd(cents, rate_e6): exact conversion to US cents, rounded half up.
create macro usd(cents, rate_e6) as (2 * cents * rate_e6 + 1000000) // 2000000;
create macro to_money(cents) as cast(cast(cents as decimal(18, 0)) / 100 as decimal(18, 2));

create table shop_order as
with placed as (
    select
        row_number() over (order by d.person_no, d.weeks) - 1 as o,
        d.person_no, d.value,
        later(buyer.first_at, 0, d.weeks, 604800) as ordered_at
    from drawn_orders as d join buyer using (person_no)
),
owned as (
    select
        placed.*, coalesce(alias.user_no, placed.person_no) as user_no,
        u(o, 401) >= 0.15 as has_id, u(o, 402) as fate, 1 + (u(o, 403) < 0.35)::int + (u(o, 404) < 0.15)::int as lines
    from placed
    left join usr as alias
        on alias.alias_of = placed.person_no and alias.signed_up_at < placed.ordered_at and u(placed.o, 405) < 0.4
)
select
    owned.*, usr.user_id, usr.person_id, usr.account_id, acct.currency, fx.rate_e6,
    case when has_id then 'ord_' || lpad(cast(o as varchar), 8, '0') end as order_id,
    greatest(100, cast(round(value * 100000000 / fx.rate_e6) as bigint)) as total_cents
from owned
join usr using (user_no)
join acct on acct.a = usr.a
join fx on fx.currency = acct.currency and fx.rate_date = cast(owned.ordered_at as date);

create table order_line as
with split as (
    select
        *, unnest(range(lines)) as l
    from shop_order
),
extra as (
    select *,
        case when l > 0 then cast(floor(total_cents * (0.10 + 0.20 * u(o * 4 + l, 410))) as bigint) else 0 end as part
    from split
)
select * exclude (part),
    case when l > 0 then part else total_cents - sum(part) over (partition by o) end::bigint as cents,
    'prod_' || lpad(cast(cast(floor(pow(u(o * 4 + l, 411), 2) * 120) as bigint) as varchar), 3, '0') as product_id
from extra;

create table reversal as
select *
from (
    select
        o, l, case when fate < 0.09 then 'refund' else 'chargeback' end as kind,
        case when fate >= 0.03 and fate < 0.09 then cast(floor(cents * 0.4) as bigint) else cents end as cents,
        later(ordered_at, 3600, u(o, 412), 40 * 86400) as moment
    from order_line
    where has_id and (fate < 0.03 or (fate < 0.094 and l = 0))
)
where moment < t1();

create table charge as
with billed as (
    select
        phase.st, j, phase.currency, phase.a, subscription_id, plan_id, quantity, rank,
        quantity * unit_cents as cents,
        period.moment + to_seconds(case when rank = 3 then 518400 else 120 end) as charged_at
    from period join phase
        on phase.st = period.st and phase.moment <= period.moment
            and (phase.phase_ended_at is null or phase.phase_ended_at > period.moment)
    where phase.is_live
)
select * from billed where charged_at < t1();

create table money_line as
with line as (
    select
        'tx_' || cast(o * 4 + l as varchar) as transaction_id, 'charge' as kind, 'one_off' as category, order_id,
        account_id, user_id, product_id, 1 as quantity, cents,
        case when u(o, 413) < 0.12 then cents // 9 else 0 end as discount_cents, currency, ordered_at as moment
    from order_line
    union all
    select
        'rv_' || cast(reversal.o * 4 + reversal.l as varchar), reversal.kind, 'one_off', order_id,
        account_id, user_id, product_id, 1, reversal.cents, 0, currency, reversal.moment
    from reversal join order_line using (o, l)
    union all
    select
        'ch_' || cast(st as varchar) || '_' || cast(j as varchar), 'charge', 'subscription', null,
        account_id, null, 'plan_' || plan_id, quantity, cents, 0, charge.currency, charged_at
    from charge join acct using (a)
    union all
    select
        'cr_' || cast(st as varchar) || '_' || cast(j as varchar),
        case when u(st * 1024 + j, 420) < 0.010 then 'refund' when u(st * 1024 + j, 420) < 0.015 then 'credit'
            else 'chargeback' end,
        'subscription', null, account_id, null, 'plan_' || plan_id, quantity,
        case when u(st * 1024 + j, 420) between 0.010 and 0.015 then cents // 10 else cents end, 0, charge.currency,
        charged_at + to_seconds(259200 + cast(floor(u(st * 1024 + j, 421) * 604800) as bigint))
    from charge join acct using (a)
    where u(st * 1024 + j, 420) < 0.016 and charged_at < t1() - to_days(11)
    union all
    select
        'us_' || cast(st as varchar) || '_' || cast(j as varchar), 'charge', 'usage', null,
        account_id, null, 'api_calls', 100 * (1 + cast(floor(u(st * 1024 + j, 422) * 50) as bigint)),
        100 + cast(floor(u(st * 1024 + j, 423) * 20000) as bigint), 0, charge.currency, charged_at
    from charge join acct using (a)
    where plan_id <> 'team' and u(st * 1024 + j, 424) < 0.08
)
select
    transaction_id, kind, category, order_id, account_id, user_id, product_id, quantity, cents,
    case when currency = 'USD' then 0 else cents // 5 end as tax_cents, discount_cents, currency, moment,
    least(t1() - to_seconds(1), moment + case
        when hash(transaction_id || 'late') % 100 = 0 then to_seconds(cast(hash(transaction_id) % 864000 as bigint))
        else to_seconds(2 + cast(hash(transaction_id) % 60 as bigint)) end) as received_at
from line;
