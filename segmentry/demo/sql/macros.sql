-- u(a, k): uniform [0, 1) from a row number a, a stream k < 1024 and the seed (inside mix()).
create macro u(a, k) as (hash(cast(a as bigint) * 1024 + k + mix()) >> 11) / 9007199254740992.0;
create macro pick(xs, draw) as xs[1 + cast(floor(draw * len(xs)) as integer)];
-- whole seconds after ts: at least `least_seconds`, then evenly over `span` seconds
create macro later(ts, least_seconds, draw, span) as
    date_trunc('second', ts + to_seconds(least_seconds + cast(floor(draw * span) as bigint)));
create macro user_key(n) as 'u_' || lpad(cast(n as varchar), 8, '0');
create macro account_key(a) as 'acc_' || lpad(cast(a as varchar), 7, '0');
create macro mail(n) as 'person.' || cast(n as varchar) || '@c' || cast(n % 97 as varchar) || '.example';
create macro usr_is_bot(user_no) as coalesce(user_no = n_users(), false);
-- num / den to the nearest whole, half up
create macro mrr_cents(num, den) as (2 * num + den) // (2 * den);

-- Filled month by month.
create table truth_activity (person_no bigint, day date, events bigint, background_events bigint);
create table truth_event_count (month timestamp, code integer, events bigint);
create table truth_device (owner bigint, device integer);
create table waiting (
    e bigint, s bigint, kind integer, k bigint, user_no bigint, ident boolean, owner bigint, device integer,
    code integer,
    occurred_at timestamp, received_at timestamp, dup integer
);
create table delivered_sorted as select *, null::bigint as a, null::bigint as g from waiting;
