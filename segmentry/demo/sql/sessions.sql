-- Sessions that are not drawn day by day: sign-ups, visits before them, invitations, orders, experiment and campaign
-- responses.
-- kind 1 sign-up, 2 visit before sign-up, 3 invitation, 4 order, 5 experiment event, 6 campaign response. (kind, no) is
-- unique.
create table exposure as
select
    user_no, user_id, person_id, signed_up_at + to_minutes(2) as exposed_at,
    case when u(user_no, 500) < 0.5 then 'treatment' else 'control' end as variant
from usr
where alias_of is null and not is_internal and signed_up_at >= exp_first() and signed_up_at < exp_end();

create table activation_event as
select
    usr.user_no, exposure.variant,
    later(usr.signed_up_at, 3600, u(usr.user_no, 502), 10 * 86400) as moment
from usr left join exposure using (user_no)
-- no second user id of a person, so that a person converts by one draw
where not is_bot and alias_of is null
    and u(usr.user_no, 501) < case when variant = 'treatment' then exp_p_treatment() else exp_p_control() end;

create table touch as
with aimed as (
    select
        c.*, usr.user_no, usr.user_id, usr.person_id,
        c.campaign_no * 100000000 + usr.user_no as touch_no,
        c.moment + to_seconds(28800 + cast(floor(u(usr.user_no, 510 + c.campaign_no) * 21600) as bigint)) as touched_at
    from usr join campaign as c
        on usr.archetype = c.segment_key and usr.signed_up_at < c.moment - to_days(30)
    where usr.alias_of is null and not usr.is_internal and u(usr.user_no, 520 + c.campaign_no) < c.share
),
split as (select *, u(touch_no, 530) < holdout_share() as is_holdout from aimed)
select
    *,
    u(touch_no, 531) < case when is_holdout then p_holdout else p_touched end as has_responded,
    later(touched_at, 7200, u(touch_no, 532), 12 * 86400) as responds_at
from split;

create table special_session as
select 1 as kind, user_no as no, user_no, signed_up_at as moment, 6 as n, true as ident from usr
union all
select 2, user_no * 4 + v, user_no,
    date_trunc('second', signed_up_at - to_seconds(1800 + cast(floor(u(user_no * 4 + v, 541) * 14 * 86400) as bigint))),
    1 + cast(floor(u(user_no * 4 + v, 542) * 5) as integer), false
from usr, range(3) as r (v) where v < floor(u(user_no, 540) * 4)
union all
select 3, guest.user_no, host.user_no,
    greatest(host.signed_up_at + to_seconds(40), guest.signed_up_at - to_seconds(1200)), 1, true
from usr as guest join usr as host on host.user_no = guest.a
where guest.user_no >= n_accounts() and guest.alias_of is null
union all
select 4, o, user_no, ordered_at, 2, true from shop_order
union all
select 5, user_no, user_no, moment, 2, true from activation_event
union all
select 6, touch_no, user_no, responds_at, 4, true from touch where has_responded;
