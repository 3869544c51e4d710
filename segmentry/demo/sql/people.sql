-- One row per user id: life, engagement archetype, identity. Needs acct and stint.
create table access as
select
    acct.*,
    first.paid_at as first_paid_at, coalesce(first.ended_at, t1()) as live_until,
    second.started_at as back_at, coalesce(second.ended_at, t1()) as back_until
from acct
left join stint as first on first.a = acct.a and first.n = 0
left join stint as second on second.a = acct.a and second.n = 1;

create table usr as
with placed as (
    select
        b.user_no, b.alias_of, b.person_no, b.a, access.started_at as account_started_at, access.health,
        access.live_until, access.back_at, access.back_until, access.account_id,
        b.user_no = n_users() as is_bot,
        access.is_internal or u(b.person_no, 30) < 0.003 as is_internal,
        case when u(b.user_no, 31) < 0.85 then access.g else cast(floor(u(b.user_no, 32) * 16) as bigint) end as g,
        0.6 * access.health + 0.4 * u(b.person_no, 33) as drive,
        case
            when b.user_no < n_accounts() or b.user_no = n_users() then access.started_at
            else later(access.started_at, 60, pow(u(b.person_no, 34), 1.4) * 0.9, epoch(t1() - access.started_at))
        end as person_signed_up_at
    from usr_base as b join access using (a)
),
signed as (
    select
        *,
        case
            when alias_of is null then person_signed_up_at
            else later(person_signed_up_at, 60, u(user_no, 35) * 0.9, epoch(t1() - person_signed_up_at))
        end as signed_up_at,
        case
            when is_bot then 'bot'
            when drive > 0.80 then 'power' when drive > 0.58 then 'regular' when drive > 0.33 then 'casual'
            else 'dormant'
        end as archetype
    from placed
)
select
    *,
    user_key(user_no) as user_id,
    user_key(person_no) as person_id,
    case when is_bot then t1() else least(t1(), signed_up_at + to_days(1 + cast(floor(
        case archetype when 'power' then 1500 when 'regular' then 800 when 'casual' then 420 else 60 end
        * pow(-ln(1 - u(user_no, 36) * 0.999999), 1.25)) as integer))) end as leaves_at,
    -- 2 % now and then use the device of the account's founder
    user_no >= n_accounts() and not is_bot and u(user_no, 37) < 0.02 as shares_device,
    cast(floor(u(user_no, 38) * 4) as bigint) as profile
from signed;

-- Who buys in the shop, and when for the first time; the process after that is drawn by purchases.py.
create table buyer as
select
    user_no as person_no,
    later(signed_up_at, 1800, pow(u(user_no, 41), 1.3) * 0.85, epoch(t1() - signed_up_at)) as first_at
from usr
where alias_of is null and not is_internal and u(user_no, 40) < 0.25 + 0.30 * drive
    and signed_up_at < t1() - to_days(3);
