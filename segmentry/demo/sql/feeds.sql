-- The small feeds, one table each named feed_<feed>, columns in contract order; instants stay naive UTC until they are
-- written.
create macro iso(ts) as strftime(ts, '%Y-%m-%dT%H:%M:%SZ');

create table feed_plans as
select * from (values
    ('free', 'Free', 'free', true, 1, '{"reports":3,"api_calls":100}', '["dashboards"]'),
    ('team', 'Team', 'starter', false, 5, '{"reports":50,"api_calls":10000}', '["dashboards","reports","tasks"]'),
    ('business', 'Business', 'business', false, 20, '{"reports":1000,"api_calls":100000}',
        '["dashboards","reports","tasks","integrations","search"]'),
    ('enterprise', 'Enterprise', 'enterprise', false, 100, '{}',
        '["dashboards","reports","tasks","integrations","search","api","sso"]')
) as v (plan_id, plan_name, tier, is_free, seats_included, limits, features);

create table feed_users as
with version as (
    select
        usr.*, v, owner.person_no as mail_no,
        case when v = 0 then usr.signed_up_at
            else later(usr.signed_up_at, 3600, u(usr.user_no * 4 + v, 701),
                0.9 * greatest(7200, epoch(t1() - usr.signed_up_at))) end as updated_at
    from usr join usr as owner on owner.user_no = usr.person_no, range(2) as r (v)
    where v = 0 or u(usr.user_no, 700) < 0.3
)
select
    user_id, iso(updated_at) as updated_at, account_id,
    case
        when is_bot then 'uptime-monitor@segmentry-demo.example'
        when mail_no = user_no and u(user_no, 702) < 0.04
            and user_no not in (select alias_of from usr where alias_of is not null) then null
        when alias_of is not null and user_no % 2 = 0 then upper(mail(mail_no))
        when alias_of is not null then 'Person' || substr(mail(mail_no), 7)
        else mail(mail_no)
    end as email,
    case when is_bot then 'Uptime monitor'
        else pick(['Ada', 'Björn', 'Chloé', 'Dmitri', 'Emeka', 'Fatima', 'Grace', 'Hiro'], u(mail_no, 703))
        || ' ' || pick(['Okafor', 'Müller', 'Silva', 'Tanaka', 'O''Brien', 'Kowalska', 'Singh', 'Dubois'],
            u(mail_no, 704)) end as name,
    iso(signed_up_at) as signed_up_at,
    case when u(mail_no, 705) < 0.85 then 1955 + cast(floor(u(mail_no, 706) * 50) as integer) end as birth_year,
    case when u(mail_no, 707) < 0.8 then
        ['female', 'male', 'non_binary'][1 + cast(floor(u(mail_no, 708) * 2.06) as integer)] end as gender,
    pick(['secondary', 'bachelor', 'bachelor', 'master', 'doctorate'], u(mail_no, 709)) as education,
    case when u(mail_no, 710) < 0.6 then pick(['low', 'middle', 'high'], u(mail_no, 711)) end as income_band,
    ['analyst', 'product manager', 'engineer', 'operations'][1 + profile] as occupation,
    ['ic', 'ic', 'lead', 'director', 'vp'][1 + cast(least(4, floor(u(mail_no, 712) * 4) + v) as integer)] as job_role,
    country_code, region, city, timezone, language, is_internal
from version join geo using (g)
where updated_at < t1()
order by user_no, v;

create table feed_accounts as
with version as (
    select
        acct.*, v,
        case when v = 0 then started_at - to_seconds(300)
            else later(started_at, 86400, u(a * 4 + v, 721), 0.9 * epoch(t1() - started_at)) end as updated_at
    from acct, range(2) as r (v)
    where v = 0 or u(a, 720) < 0.25
)
select
    account_id, iso(updated_at) as updated_at,
    case when is_internal then 'Segmentry Demo (staff)' else 'Company ' || cast(a as varchar) end as name,
    case when is_internal then 'segmentry-demo.example' else 'c' || cast(a as varchar) || '.example' end as domain,
    case when a % 25 = 7 and a > 100 then account_key(a - 100) end as parent_account_id,
    pick(['software', 'retail', 'health', 'finance', 'education', 'manufacturing'], u(a, 722)) as industry,
    cast(floor(n_users * (1 + pow(10, 2.6 * u(a, 723)))) as bigint) as employee_count,
    to_money(
        cast(floor(n_users * (1 + pow(10, 2.6 * u(a, 723))) * (4 + 16 * u(a, 724))) as bigint) * 1000000
    ) as annual_revenue,
    version.currency as revenue_currency, country_code, region, city,
    1950 + cast(floor(u(a, 725) * 72) as integer) as founded_year,
    pick(['private', 'private', 'public', 'non_profit'], u(a, 726)) as ownership,
    '["' || pick(['aws', 'gcp', 'azure'], u(a, 727)) || '","' || pick(['python', 'java', 'dotnet', 'php'], u(a, 728))
        || '"]' as tech_stack,
    case when v = 0 then 'lead' else 'customer' end as crm_stage,
    'owner' || cast(a % 20 as varchar) || '@segmentry-demo.example' as owner, timezone
from version join geo using (g)
where updated_at < t1()
order by a, v;

create table feed_account_members as
select
    account_id, user_id,
    case when user_no < n_accounts() then 'owner' when u(user_no, 730) < 0.15 then 'admin' else 'member' end as role,
    iso(signed_up_at) as valid_from,
    case when leaves_at < t1() and u(user_no, 731) < 0.5 then iso(leaves_at) end as valid_to
from usr
order by account_id, user_id;

-- A phase is sent when it starts (open) and again when its end is told; the last received version counts.
create table feed_subscriptions as
with versions as (
    select phase.*, version, acct.account_id
    from phase join acct using (a), range(2) as r (version)
    where version = 0 or phase_ended_at is not null
),
closing as (
    -- some billing systems add a closing phase
    select * replace (1 as version) from versions where version = 1 and is_last and not is_replaced and u(st, 740) < 0.2
),
shaped as (
    select
        subscription_id, phase_started_at, case when version = 1 then phase_ended_at end as phase_ended_at, account_id,
        plan_id, status,
        quantity, to_money(unit_cents) as unit_amount, currency, billing_interval, interval_count, trial_ends_at,
        case
            when version = 0 then null
            when is_replaced then phase_ended_at
            when is_last and fails_payment then null
            when is_last then greatest(phase_started_at,
                phase_ended_at - to_days(1 + cast(floor(u(st, 741) * 20) as integer)))
        end as cancel_requested_at,
        case
            when version = 0 then null
            when is_replaced then 'plan_change'
            when is_last and is_trial then 'trial_expired'
            when is_last and fails_payment then 'payment_failed'
            when is_last then pick(['price', 'missing_feature', 'competitor', 'no_longer_needed'], u(st, 742))
        end as cancel_reason,
        case when version = 1 and (is_last or is_replaced) then is_last and fails_payment end as is_involuntary,
        case when version = 0 then phase_started_at else end_told_at end + to_seconds(30) as received_at
    from versions
    union all
    select
        subscription_id, phase_ended_at, null, account_id, plan_id, 'cancelled',
        quantity, to_money(unit_cents), currency, billing_interval, interval_count, null, null, null, null,
        end_told_at + to_seconds(31)
    from closing
)
select
    subscription_id, iso(phase_started_at) as phase_started_at, iso(phase_ended_at) as phase_ended_at, account_id,
    plan_id, status,
    quantity, unit_amount, currency, billing_interval, interval_count, iso(trial_ends_at) as trial_ends_at,
    iso(cancel_requested_at) as cancel_requested_at, cancel_reason, is_involuntary, iso(received_at) as received_at
from shaped
where received_at < t1()
order by received_at, subscription_id, phase_started_at;

create table feed_marketing_spend as
select
    strftime(cast(t0() as date) + cast(d as integer), '%Y-%m-%d') as spend_date, channel, campaign_id,
    to_money(cast(floor(cast(daily_cents as bigint) * n_accounts() / 2000.0 * (0.6 + 0.8 * u(d * 8 + c, 810))
        * case when (d + 1) % 7 in (6, 0) then 0.5 else 1 end) as bigint)) as amount,
    currency
from range(n_days()) as r (d),
    (values (0, 'paid_search', 'brand_search', 42000, 'USD'), (1, 'paid_social', 'founders', 26000, 'EUR'),
        (2, 'email', 'monthly_letter', 3000, 'USD'))
        as v (c, channel, campaign_id, daily_cents, currency)
order by d, c;

create table feed_consents as
with decision as (
    select user_no, user_id, purpose, c, 0 as v, u(user_no * 4 + c, 820) < [0.95, 0.55][1 + c] as is_granted,
        signed_up_at + to_seconds(30) as decided_at
    from usr, (values (0, 'analytics'), (1, 'marketing')) as p (c, purpose)
    where not is_bot
)
select user_id, purpose, case when version = 0 then is_granted else not is_granted end as is_granted,
    iso(decided_at) as decided_at
from (
    select *, 0 as version from decision
    union all
    select * replace (later(decided_at, 86400, u(user_no * 4 + c, 821), 0.9 * epoch(t1() - decided_at)) as decided_at),
        1
    from decision where u(user_no * 4 + c, 822) < 0.1
)
where decided_at < t1()
order by user_no, c, version;

-- Only dormant people without orders ask to be forgotten, so that figures before and after the erasure differ by
-- activity alone.
create table feed_erasure_requests as
select 'er_' || cast(user_no as varchar) as request_id, user_id, iso(moment) as requested_at
from (
    select user_no, user_id, person_no,
        later(signed_up_at, 0, 0.3 + 0.6 * u(user_no, 830), epoch(t1() - signed_up_at)) as moment
    from usr
    where archetype = 'dormant' and alias_of is null and user_no >= n_accounts() and not is_internal
        and u(user_no, 831) < 0.04
)
where person_no not in (select person_no from buyer)
order by user_no;

create table feed_fx_rates as
select strftime(rate_date, '%Y-%m-%d') as rate_date, currency,
    cast(cast(rate_e6 as decimal(18, 0)) / 1000000 as decimal(18, 8)) as rate
from fx
order by rate_date, currency;
