-- Events of the sessions that start in [m0(), m1()). Every row is a function of its keys, so no thread order can show.
-- A session key is id * 32 + kind; kind 0 natural, 8 background only, 9 never-identified visitor, others in
-- sessions.sql.
create or replace table session as
with grid as (
    select
        user_no, archetype, shares_device, a, profile, d,
        date '2024-07-01' + cast(d as integer) as day,
        (user_no * 600 + d) as ud,
        case when t0() + to_days(cast(d as integer)) >= leaves_at
                or (t0() + to_days(cast(d as integer)) >= live_until
                    and not (coalesce(t0() + to_days(cast(d as integer)) >= back_at, false)
                        and t0() + to_days(cast(d as integer)) < back_until)) then 0.004
            when archetype = 'dormant' and d > date_diff('day', t0(), signed_up_at) + 21 then 0.006
            -- fading out: less use in the 45 days before the end
            when t0() + to_days(cast(d + 45 as integer)) >= least(leaves_at, live_until)
                and least(leaves_at, live_until) < t1() then 0.4
            else 1
        end as fade,
        utc_offset
    from usr join geo using (g), range(date_diff('day', t0(), m0()), date_diff('day', t0(), m1())) as r (d)
    where t0() + to_days(cast(d as integer)) > signed_up_at
),
chance as (
    select
        *,
        fade * case
            when archetype = 'bot' then 1
            when dayofweek(day) in (0, 6) then
                case archetype when 'power' then 0.12 when 'regular' then 0.04 when 'casual' then 0.02 else 0.05 end
            else case archetype when 'power' then 0.46 when 'regular' then 0.17 when 'casual' then 0.05 else 0.15 end
        end as p,
        u(ud, 600) as draw
    from grid
),
natural_session as (
    select
        user_no, ud, slot, archetype, profile, a, shares_device, cast(day as timestamp) as day,
        case
            when archetype = 'bot' then 0
            else ((8 + 10 * u(ud * 4 + slot, 601) - utc_offset + 24 + 3 * slot) % 24) * 3600
        end as second_of_day
    from chance, range(3) as s (slot)
    where draw < p
        and (slot = 0
            or u(ud * 4 + slot, 602) < case archetype when 'power' then 0.45 when 'regular' then 0.25 else 0.08 end)
        and (slot = 0 or archetype <> 'bot')
),
every_session as (
    select
        (ud * 4 + slot) * 32 as s, 0 as kind, user_no,
        date_trunc('millisecond', day + to_milliseconds(cast(floor(second_of_day * 1000) as bigint))) as moment,
        case when archetype = 'bot' then 48 else 1 + least(40, cast(floor(
            -ln(1 - u(ud * 4 + slot, 603) * 0.9999)
                * case archetype when 'power' then 7 when 'regular' then 5.5 else 3 end) as integer)) end as n,
        case when u(ud * 4 + slot, 604) < 0.04 and archetype <> 'bot' then false else true end as ident,
        case when shares_device and u(ud * 4 + slot, 605) < 0.2 then a else user_no end as owner
    from natural_session
    union all
    select (ud * 4) * 32 + 8, 8, user_no,
        cast(day as timestamp) + to_seconds(cast(floor(u(ud, 610) * 86000) as bigint)), 1, true, user_no
    from chance
    where draw >= p and archetype <> 'bot' and user_no % 16 = 3 and draw > 0.985
    union all
    select no * 32 + kind, kind, user_no, moment, n, ident, user_no
    from special_session
    where moment >= m0() and moment < m1()
    union all
    select v * 32 + 9, 9, null, m0() + to_milliseconds(cast(floor(u(v, 620) * epoch_ms(m1() - m0())) as bigint)),
        1 + cast(floor(u(v, 621) * 6) as integer), false, 1000000000 + v // 2
    from range(cast(month_no() as bigint) * n_visits(), (cast(month_no() as bigint) + 1) * n_visits()) as r (v)
)
select
    s, kind, user_no, moment, n, ident, owner,
    -- logged-out and shared sessions happen on the owner's first device, which the owner's sign-up identified
    case
        when kind in (1, 2, 9) or not ident or owner is distinct from user_no then 0
        else least(2, cast(floor(pow(u(s, 630), 2) * 3) as integer))
    end as device,
    20 + u(s, 631) * 560 as gap
from every_session;

create or replace table event as
with numbered as (
    select session.*, unnest(range(n)) as k from session
),
timed as (
    select
        s * 64 + k as e, s, kind, k, user_no, ident, owner, device,
        moment + to_milliseconds(case
            when k = 0 then 0
            when usr_is_bot(user_no) then k * 1780000
            else cast(floor((k * gap + u(s * 64 + k, 640) * gap * 0.9) * 1000) as bigint) end) as occurred_at
    from numbered
),
named as (
    select
        timed.*,
        case
            when k = 0 and kind = 1 then 1
            when k = 0 and kind = 3 then 2
            when k = 0 and kind = 4 then 14
            when k = 0 and kind = 5 then 10
            when kind = 8 or (kind = 0 and k > 0 and u(e, 641) < 0.025) then 16
            when kind in (2, 9) or k = 0 then 3
            else mix_code(e, user_no)
        end as code
    from timed
    where occurred_at < t1()
)
select
    e, s, kind, k, user_no, ident, owner, case when code = 13 and ident then null else device end as device, code,
    occurred_at,
    least(t1() - to_milliseconds(1), occurred_at + to_milliseconds(case
        when u(e, 642) < 0.01 then cast(floor(3600000 + u(e, 643) * 29.9 * 86400000) as bigint)
        else 150 + cast(floor(u(e, 643) * 60000) as bigint) end)) as received_at,
    0 as dup
from named;

-- Truth: what happened, by person and day and by name and month, without repeated deliveries.
insert into truth_activity
select
    coalesce(actor.person_no, owner_user.person_no) as person_no, cast(occurred_at as date) as day,
    count(*) filter (where code <> 16) as events, count(*) filter (where code = 16) as background_events
from event
left join usr as actor on actor.user_no = event.user_no and event.ident
left join usr as owner_user on owner_user.user_no = event.owner
group by 1, 2;
insert into truth_event_count
select date_trunc('month', occurred_at) as month, code, count(*) as events from event group by 1, 2;
insert into truth_device
select distinct owner, device from event where device is not null;

-- Repeated deliveries: exact copies (dup = 1) and copies received again later (dup = 2).
insert into event
select * replace (
    case when u(e, 650) < 0.004 then 1 else 2 end as dup,
    case when u(e, 650) < 0.004 then received_at
        else least(t1() - to_milliseconds(1),
            received_at + to_milliseconds(30000 + cast(floor(u(e, 651) * 90000000) as bigint))) end as received_at)
from event where u(e, 650) < 0.007;

create or replace table delivered as
select * from event where received_at < m1()
union all
select * from waiting where received_at < m1();
create or replace table waiting_next as
select * from event where received_at >= m1()
union all
select * from waiting where received_at >= m1();
drop table waiting;
alter table waiting_next rename to waiting;
create or replace table delivered_sorted as
select delivered.*, usr.a, coalesce(usr.g, cast(floor(u(owner, 660) * 16) as bigint)) as g
from delivered left join usr on usr.user_no = delivered.user_no
order by received_at, e, dup;
