-- Facts derived from the latent tables alone, never from the files of the feeds.
create table truth_identities as
select 'user_id' as id_type, user_id as id, person_id from usr
union all
select 'anonymous_id', 'a_' || cast(device.owner * 4 + device.device as varchar), usr.person_id
from (select distinct owner, device from truth_device) as device left join usr on usr.user_no = device.owner
order by id_type, id;

create table truth_people as
select
    person_id, min(account_id) as account_id, min(signed_up_at) as signed_up_at,
    arg_min(archetype, user_no) as archetype,
    count(*) as user_ids, bool_or(is_internal) as is_internal, bool_or(is_bot) as is_bot
from usr
group by person_id
order by person_id;

create table truth_internal_users as
select
    user_id, person_id,
    case when is_bot then 'bot' when a = n_accounts() - 1 then 'staff' else 'test' end as kind
from usr
where is_internal
order by user_id;

create table truth_person_days as
select usr.person_id, day as activity_date, sum(events)::bigint as events,
    sum(background_events)::bigint as background_events, bool_or(usr.is_internal) as is_internal
from truth_activity join usr on usr.user_no = truth_activity.person_no
group by all
order by person_id, activity_date;

create table truth_active_by_month as
select cast(date_trunc('month', activity_date) as date) as month, count(distinct person_id) as active_persons
from truth_person_days
where events > 0 and not is_internal
group by 1
order by 1;

create table truth_events_by_month as
select cast(month as date) as month, code_name(code) as event_name, sum(events)::bigint as events
from truth_event_count
group by all
order by 1, 2;

-- ---- recurring revenue: cents by phase at the rate of the phase's first day, then day by day
create table mrr_phase as
select
    a, phase.currency, cast(phase_started_at as date) as from_date, cast(phase_ended_at as date) as to_date,
    cast(end_told_at as date) as end_told_on, is_last and fails_payment as is_involuntary, status,
    -- numerator and denominator of the month factor: day 365.25/12, week 365.25/84, month 1, year 1/12
    mrr_cents(
        cast(quantity as hugeint) * unit_cents * fx.rate_e6
            * case billing_interval when 'day' then 36525 when 'week' then 36525 else 1 end,
        cast(1000000 as hugeint) * interval_count
            * case billing_interval when 'day' then 1200 when 'week' then 8400 when 'year' then 12 else 1 end
    ) as cents,
    mrr_cents(
        cast(quantity as hugeint) * unit_cents * case when billing_interval in ('day', 'week') then 36525 else 1 end,
        cast(interval_count as hugeint)
            * case billing_interval when 'day' then 1200 when 'week' then 8400 when 'year' then 12 else 1 end
    ) as own_cents
from phase join fx on fx.currency = phase.currency and fx.rate_date = cast(phase_started_at as date)
where is_live;

create table truth_mrr_changes as
with delta as (
    select a, currency, from_date as day, cents, own_cents, 0 as ended_cents, 0 as own_ended_cents from mrr_phase
    union all
    select a, currency, to_date, 0, 0, cents, own_cents from mrr_phase where to_date is not null
),
by_currency as (
    select a, day, currency, sum(cents) as cents, sum(own_cents) as own_cents, sum(ended_cents) as ended_cents,
        sum(own_ended_cents) as own_ended_cents
    from delta
    group by all
),
-- what goes on in its currency, at the new rate less at the old one
daily as (
    select a, day, sum(cents - ended_cents) as cents,
        sum(case
            when currency = 'USD' or own_cents = 0 or own_ended_cents = 0 then 0
            when own_cents >= own_ended_cents
                then (2 * cents * own_ended_cents + own_cents) // (2 * own_cents) - ended_cents
            else cents - (2 * ended_cents * own_cents + own_ended_cents) // (2 * own_ended_cents)
        end) as fx_cents
    from by_currency
    group by a, day
    having sum(cents - ended_cents) <> 0 or fx_cents <> 0
),
running as (
    select a, day, cents, fx_cents, sum(cents) over w as after_cents, sum(cents) over w - cents as before_cents
    from daily
    window w as (partition by a order by day rows unbounded preceding)
),
seen as (
    select *,
        coalesce(max(after_cents) over (partition by a order by day rows between unbounded preceding and 1 preceding),
            0) > 0 as had_mrr
    from running
)
select
    account_id, day as change_date, to_money(before_cents) as mrr_before, to_money(after_cents) as mrr_after,
    to_money(fx_cents) as fx_mrr,
    case
        when before_cents = 0 and not had_mrr then 'new'
        when before_cents = 0 then 'reactivation'
        when after_cents = 0 then 'churn'
        when cents = fx_cents then 'fx'
        when cents > fx_cents then 'expansion'
        else 'contraction'
    end as movement_type
from seen join acct using (a)
order by account_id, change_date;

create table truth_mrr_month_end as
with month_end as (select cast(t0() + to_months(cast(m + 1 as integer)) - to_days(1) as date) as month_end
    from range(18) as r (m))
select account_id, month_end, to_money(sum(cents)) as mrr
from mrr_phase
join month_end on from_date <= month_end and (to_date is null or to_date > month_end)
join acct using (a)
group by all
order by account_id, month_end;

create table truth_mrr_movements as
with month as (select cast(t0() + to_months(cast(m as integer)) as date) as month from range(18) as r (m)),
moved as (
    select cast(date_trunc('month', change_date) as date) as month, movement_type, sum(mrr_after - mrr_before - fx_mrr) as amount, sum(fx_mrr) as fx_mrr
    from truth_mrr_changes
    group by all
),
wide as (
    select
        month.month,
        coalesce(sum(amount) filter (where movement_type = 'new'), 0) as new_mrr,
        coalesce(sum(amount) filter (where movement_type = 'expansion'), 0) as expansion_mrr,
        coalesce(-sum(amount) filter (where movement_type = 'contraction'), 0) as contraction_mrr,
        coalesce(-sum(amount) filter (where movement_type = 'churn'), 0) as churned_mrr,
        coalesce(sum(amount) filter (where movement_type = 'reactivation'), 0) as reactivation_mrr,
        coalesce(sum(fx_mrr), 0) as fx_mrr
    from month left join moved using (month)
    group by month.month
),
-- the stock is counted from the phases, not from the movements, so that the roll-forward is a real check
stock as (select cast(date_trunc('month', month_end) as date) as month, sum(mrr) as closing_mrr
    from truth_mrr_month_end group by 1)
select
    wide.month, coalesce(lag(closing_mrr) over (order by wide.month), 0)::decimal(18, 2) as opening_mrr,
    new_mrr::decimal(18, 2) as new_mrr, expansion_mrr::decimal(18, 2) as expansion_mrr,
    contraction_mrr::decimal(18, 2) as contraction_mrr,
    churned_mrr::decimal(18, 2) as churned_mrr, reactivation_mrr::decimal(18, 2) as reactivation_mrr,
    fx_mrr::decimal(18, 2) as fx_mrr,
    coalesce(closing_mrr, 0)::decimal(18, 2) as closing_mrr
from wide left join stock using (month)
order by wide.month;

-- what the reader of a closed month saw: an end that was told after the day that follows the month was not there
create table truth_mrr_told as
with month as (select cast(t0() + to_months(cast(m as integer)) as date) as month from range(18) as r (m)),
held as (
    select
        month, a, from_date < month as is_old, cents,
        case when end_told_on <= month + interval 1 month then to_date end as told_to_date
    from month join mrr_phase on from_date < month + interval 1 month
),
stock as (
    select
        month, a,
        coalesce(sum(cents) filter (where is_old and coalesce(told_to_date >= month, true)), 0) as opening,
        coalesce(sum(cents) filter (where coalesce(told_to_date >= month + interval 1 month, true)), 0) as closing
    from held group by all
)
select
    month, to_money(sum(closing)) as closing_mrr, count(*) filter (where opening > 0) as opening_accounts,
    count(*) filter (where opening > 0 and closing = 0) as churned_opening_accounts
from stock group by month order by month;

create table truth_churn_events as
select
    c.account_id, c.change_date as churned_on, c.mrr_before as mrr_lost,
    bool_or(mrr_phase.is_involuntary) as is_involuntary,
    not bool_or(mrr_phase.is_involuntary) and bool_or(paused.st is not null) as is_pause
from truth_mrr_changes as c
join acct using (account_id)
join mrr_phase on mrr_phase.a = acct.a and mrr_phase.to_date = c.change_date
left join phase as paused on paused.a = acct.a and cast(paused.phase_started_at as date) = c.change_date
    and paused.status = 'paused'
where c.movement_type = 'churn'
group by all
order by account_id, churned_on;

create table truth_tenures as
select
    account_id, st as stint, billing_interval, interval_count, tenure_group, paid_at, ended_at,
    case when ended_at is not null then periods end as periods_paid, ended_at is null as is_censored,
    ended_at is not null and fails_payment as is_involuntary
from stint join acct using (a)
where paid_at is not null
order by stint;

-- the first stay of an account, if it began without paying
create table truth_conversions as
select account_id, path, stint.started_at, paid_at
from stint join acct using (a)
where stint.n = 0 and path in ('trial', 'free') and not acct.is_internal
order by account_id;

-- ---- shop orders: no order id: one order per person and day
create table truth_orders as
with line as (
    select
        person_id, order_id, case when order_id is null then cast(ordered_at as date) end as day, o,
        ordered_at, currency, cents, usd(cents, rate_e6) as usd_cents, 0 as back_cents, 0 as back_usd_cents
    from order_line
    union all
    select
        line.person_id, line.order_id, null, line.o, line.ordered_at, line.currency, 0, 0, reversal.cents,
        usd(reversal.cents, fx.rate_e6)
    from reversal
    join order_line as line using (o, l)
    join fx on fx.currency = line.currency and fx.rate_date = cast(reversal.moment as date)
)
select
    person_id, order_id, min(ordered_at) as ordered_at, min(currency) as currency,
    cast(count(*) filter (where cents > 0) as bigint) as lines,
    to_money(sum(cents)) as gross_amount, to_money(sum(back_cents)) as refunded_amount,
    to_money(sum(cents) - sum(back_cents)) as net_amount,
    to_money(sum(usd_cents)) as gross_amount_usd, to_money(sum(back_usd_cents)) as refunded_amount_usd,
    to_money(sum(usd_cents) - sum(back_usd_cents)) as net_amount_usd,
    sum(cents) = sum(back_cents) as is_cancelled
from line
group by person_id, order_id, day
order by person_id, ordered_at, order_id;

create table truth_buyers as
select
    usr.person_id, buyer.first_at as first_purchase_at, drawn.lambda_ as purchases_per_week,
    drawn.p as dropout_probability, drawn.mean_value as mean_order_value_usd,
    drawn.died_at_weeks is null as is_alive_at_end
from buyer join usr on usr.user_no = buyer.person_no join drawn_buyers as drawn on drawn.person_no = buyer.person_no
order by person_id;

create table truth_experiment as
with converted as (
    select exposure.*,
        coalesce(activation_event.moment >= exposed_at and activation_event.moment < exposed_at + to_days(14)
            and activation_event.moment < t1(), false) as has_converted
    from exposure left join activation_event using (user_no)
)
select variant, count(*) as exposed, count(*) filter (where has_converted) as converted,
    count(*) filter (where exposed_at < t1() - to_days(14)) as exposed_mature
from converted group by variant order by variant;

create table truth_campaigns as
select campaign_id, tactic, count(*) filter (where not is_holdout) as touched,
    count(*) filter (where not is_holdout and has_responded) as touched_responded,
    count(*) filter (where is_holdout) as holdout,
    count(*) filter (where is_holdout and has_responded) as holdout_responded
from touch group by all order by campaign_id;

create table truth_tickets as
select 't_' || cast(n as varchar) as ticket_id, tone
from ticket where tone is not null order by n;
