-- The small feeds, one table each named feed_<feed>, columns in contract order; instants stay naive UTC until they are written.
create macro iso(ts) as strftime(ts, '%Y-%m-%dT%H:%M:%SZ');

create table feed_plans as
select * from (values
    ('free', 'Free', 'free', true, 1, '{"reports":3,"api_calls":100}', '["dashboards"]'),
    ('team', 'Team', 'starter', false, 5, '{"reports":50,"api_calls":10000}', '["dashboards","reports","tasks"]'),
    ('business', 'Business', 'business', false, 20, '{"reports":1000,"api_calls":100000}', '["dashboards","reports","tasks","integrations","search"]'),
    ('enterprise', 'Enterprise', 'enterprise', false, 100, '{}', '["dashboards","reports","tasks","integrations","search","api","sso"]')
) as v (plan_id, plan_name, tier, is_free, seats_included, limits, features);

create table feed_users as
with version as (
    select
        usr.*, v, owner.person_no as mail_no,
        case when v = 0 then usr.signed_up_at else date_trunc('second', usr.signed_up_at
            + to_seconds(3600 + cast(floor(u(usr.user_no * 4 + v, 701) * 0.9 * greatest(7200, epoch(t1() - usr.signed_up_at))) as bigint))) end as updated_at
    from usr join usr as owner on owner.user_no = usr.person_no, range(2) as r (v)
    where v = 0 or u(usr.user_no, 700) < 0.3
)
select
    user_id, iso(updated_at) as updated_at, account_id,
    case
        when is_bot then 'uptime-monitor@segmentry-demo.example'
        when mail_no = user_no and u(user_no, 702) < 0.04 and user_no not in (select alias_of from usr where alias_of is not null) then null
        when alias_of is not null and user_no % 2 = 0 then upper(mail(mail_no))
        when alias_of is not null then 'Person' || substr(mail(mail_no), 7)
        else mail(mail_no)
    end as email,
    case when is_bot then 'Uptime monitor' else ['Ada', 'Björn', 'Chloé', 'Dmitri', 'Emeka', 'Fatima', 'Grace', 'Hiro'][1 + cast(floor(u(mail_no, 703) * 8) as integer)]
        || ' ' || ['Okafor', 'Müller', 'Silva', 'Tanaka', 'O''Brien', 'Kowalska', 'Singh', 'Dubois'][1 + cast(floor(u(mail_no, 704) * 8) as integer)] end as name,
    iso(signed_up_at) as signed_up_at,
    case when u(mail_no, 705) < 0.85 then 1955 + cast(floor(u(mail_no, 706) * 50) as integer) end as birth_year,
    case when u(mail_no, 707) < 0.8 then ['female', 'male', 'non_binary'][1 + cast(floor(u(mail_no, 708) * 2.06) as integer)] end as gender,
    ['secondary', 'bachelor', 'bachelor', 'master', 'doctorate'][1 + cast(floor(u(mail_no, 709) * 5) as integer)] as education,
    case when u(mail_no, 710) < 0.6 then ['low', 'middle', 'high'][1 + cast(floor(u(mail_no, 711) * 3) as integer)] end as income_band,
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
        case when v = 0 then started_at - to_seconds(300) else date_trunc('second', started_at
            + to_seconds(86400 + cast(floor(u(a * 4 + v, 721) * 0.9 * epoch(t1() - started_at)) as bigint))) end as updated_at
    from acct, range(2) as r (v)
    where v = 0 or u(a, 720) < 0.25
)
select
    account_id, iso(updated_at) as updated_at,
    case when is_internal then 'Segmentry Demo (staff)' else 'Company ' || cast(a as varchar) end as name,
    case when is_internal then 'segmentry-demo.example' else 'c' || cast(a as varchar) || '.example' end as domain,
    case when a % 25 = 7 and a > 100 then account_key(a - 100) end as parent_account_id,
    ['software', 'retail', 'health', 'finance', 'education', 'manufacturing'][1 + cast(floor(u(a, 722) * 6) as integer)] as industry,
    cast(floor(n_users * (1 + pow(10, 2.6 * u(a, 723)))) as bigint) as employee_count,
    to_money(cast(floor(n_users * (1 + pow(10, 2.6 * u(a, 723))) * (4 + 16 * u(a, 724))) as bigint) * 1000000) as annual_revenue,
    version.currency as revenue_currency, country_code, region, city,
    1950 + cast(floor(u(a, 725) * 72) as integer) as founded_year,
    ['private', 'private', 'public', 'non_profit'][1 + cast(floor(u(a, 726) * 4) as integer)] as ownership,
    '["' || ['aws', 'gcp', 'azure'][1 + cast(floor(u(a, 727) * 3) as integer)] || '","' || ['python', 'java', 'dotnet', 'php'][1 + cast(floor(u(a, 728) * 4) as integer)] || '"]' as tech_stack,
    case when v = 0 then 'lead' else 'customer' end as crm_stage,
    'owner' || cast(a % 20 as varchar) || '@segmentry-demo.example' as owner, timezone
from version join geo using (g)
where updated_at < t1()
order by a, v;

create table feed_account_members as
select
    account_id, user_id, case when user_no < n_accounts() then 'owner' when u(user_no, 730) < 0.15 then 'admin' else 'member' end as role,
    iso(signed_up_at) as valid_from,
    case when leaves_at < t1() and u(user_no, 731) < 0.5 then iso(leaves_at) end as valid_to
from usr
order by account_id, user_id;

-- A phase is sent when it starts (open) and again when it has ended; the last received version counts.
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
        subscription_id, phase_started_at, case when version = 1 then phase_ended_at end as phase_ended_at, account_id, plan_id, status,
        quantity, to_money(unit_cents) as unit_amount, currency, billing_interval, interval_count, trial_ends_at,
        case
            when version = 0 then null
            when is_replaced then phase_ended_at
            when is_last and fails_payment then null
            when is_last then greatest(phase_started_at, phase_ended_at - to_days(1 + cast(floor(u(st, 741) * 20) as integer)))
        end as cancel_requested_at,
        case
            when version = 0 then null
            when is_replaced then 'plan_change'
            when is_last and is_trial then 'trial_expired'
            when is_last and fails_payment then 'payment_failed'
            when is_last then ['price', 'missing_feature', 'competitor', 'no_longer_needed'][1 + cast(floor(u(st, 742) * 4) as integer)]
        end as cancel_reason,
        case when version = 1 and (is_last or is_replaced) then is_last and fails_payment end as is_involuntary,
        case when version = 0 then phase_started_at else phase_ended_at end + to_seconds(30) as received_at
    from versions
    union all
    select
        subscription_id, phase_ended_at, null, account_id, plan_id, 'cancelled',
        quantity, to_money(unit_cents), currency, billing_interval, interval_count, null, null, null, null, phase_ended_at + to_seconds(31)
    from closing
)
select
    subscription_id, iso(phase_started_at) as phase_started_at, iso(phase_ended_at) as phase_ended_at, account_id, plan_id, status,
    quantity, unit_amount, currency, billing_interval, interval_count, iso(trial_ends_at) as trial_ends_at,
    iso(cancel_requested_at) as cancel_requested_at, cancel_reason, is_involuntary, iso(received_at) as received_at
from shaped
where received_at < t1()
order by received_at, subscription_id, phase_started_at;

create table feed_survey_responses as
with wave as (
    select w, t0() + to_days(cast(45 + 91 * w as integer)) as moment from range(6) as r (w)
),
sent as (
    select
        wave.w, kind_no, usr.user_no, usr.user_id, usr.account_id, usr.drive, usr.profile, wave.w * 1000000000 + usr.user_no * 4 + kind_no as n,
        date_trunc('second', wave.moment + to_seconds(cast(floor(u(usr.user_no, 750 + w) * 14 * 86400) as bigint))) as responded_at
    from wave, usr, range(3) as r (kind_no)
    where usr.signed_up_at < wave.moment - to_days(14) and usr.leaves_at > wave.moment and not is_internal
        and u(wave.w * 1000000000 + usr.user_no * 4 + kind_no, 760) < 0.3
),
counted as (select *, count(*) over (partition by w, kind_no) as was_sent_to from sent),
scored as (
    select
        n, ['nps', 'csat', 'ces'][1 + kind_no] as survey_kind,
        ['nps', 'csat', 'ces'][1 + kind_no] || '_' || cast(1 + w as varchar) as survey_id,
        ['recommend', 'satisfied', 'ease'][1 + kind_no] as question_id, user_id, account_id,
        case kind_no
            when 0 then cast(least(10, greatest(0, round(10 * (0.28 + 0.80 * drive + 0.5 * (u(n, 761) - 0.5))))) as integer)
            when 1 then cast(least(5, greatest(1, round(5 * (0.30 + 0.65 * drive + 0.5 * (u(n, 761) - 0.5))))) as integer)
            else cast(least(7, greatest(1, round(7 * (0.30 + 0.60 * drive + 0.5 * (u(n, 761) - 0.5))))) as integer)
        end as score,
        [10, 5, 7][1 + kind_no] as scale_max, responded_at, was_sent_to
    from counted
    where u(n, 762) < 0.4
),
worded as (
    select
        *, case when u(n, 763) < 0.35 then case
            when score >= 0.8 * scale_max then ['Great product, we love the dashboards', 'Very helpful and fast', 'Easy to use, thank you'][1 + cast(floor(u(n, 764) * 3) as integer)]
            when score >= 0.5 * scale_max then ['It is fine', 'Does the job, some reports are missing', 'OK'][1 + cast(floor(u(n, 764) * 3) as integer)]
            else ['Too expensive and slow', 'Terrible support, we waited for days', 'Confusing and full of errors'][1 + cast(floor(u(n, 764) * 3) as integer)]
        end end as answer
    from scored
),
welcome as (
    select
        6000000000 + user_no as n, 'welcome' as survey_kind, 'welcome' as survey_id, 'main_goal' as question_id, user_id, account_id,
        null as score, null as scale_max, signed_up_at + to_seconds(240) as responded_at, null as was_sent_to,
        case when u(user_no, 765) < 0.7
            then ['understand our customers', 'plan our work', 'connect our tools', 'share reports'][1 + profile]
            else 'just looking' end as answer
    from usr
    where not is_bot and u(user_no, 766) < 0.5
),
traits as (
    select
        7000000000 + user_no * 4 + q as n, 'psychographic' as survey_kind, 'work_style_1' as survey_id,
        ['openness', 'price_sensitivity', 'autonomy'][1 + q] as question_id, user_id, account_id,
        1 + cast(floor(least(0.999, 0.7 * u(user_no, 767) + 0.3 * u(user_no * 4 + q, 768)) * 5) as integer) as score, 5 as scale_max,
        date_trunc('second', signed_up_at + to_seconds(86400 + cast(floor(u(user_no, 769) * 2592000) as bigint))) as responded_at, null as was_sent_to, null as answer
    from usr, range(3) as r (q)
    where not is_bot and u(user_no, 770) < 0.2
),
unioned as (
    select n, survey_id, survey_kind, question_id, user_id, account_id, score, scale_max, answer, responded_at, was_sent_to from worded
    union all by name
    select * from welcome
    union all by name
    select * from traits
)
select
    'r_' || cast(n as varchar) as response_id, survey_id, survey_kind, question_id, user_id, account_id, score, scale_max, answer,
    iso(responded_at) as responded_at, iso(least(responded_at + to_seconds(20), t1() - to_seconds(1))) as received_at, was_sent_to
from unioned
where responded_at < t1()
order by n;

create table feed_tickets as
with drawn as (
    select
        usr.*, t, usr.user_no * 16 + t as n,
        date_trunc('second', signed_up_at + to_seconds(3600 + cast(floor(u(usr.user_no * 16 + t, 780) * epoch(t1() - signed_up_at)) as bigint))) as created_at
    from usr, range(6) as r (t)
    where not is_bot and u(usr.user_no * 16 + t, 781) < 0.22 * (1.15 - drive)
),
handled as (
    select
        *, date_trunc('second', created_at + to_seconds(600 + cast(floor(-ln(1 - u(n, 782)) * 14400) as bigint))) as first_at,
        date_trunc('second', created_at + to_seconds(7200 + cast(floor(-ln(1 - u(n, 783)) * 200000) as bigint))) as solved_at,
        ['question', 'question', 'incident', 'incident', 'feature_request'][1 + cast(floor(u(n, 784) * 5) as integer)] as kind
    from drawn
    where created_at < t1() - to_seconds(60)
)
select
    't_' || cast(n as varchar) as ticket_id, user_id, account_id, iso(created_at) as created_at,
    case when first_at < t1() then iso(first_at) end as first_responded_at,
    case when u(n, 785) < 0.92 and greatest(first_at, solved_at) < t1() then iso(greatest(first_at, solved_at)) end as solved_at,
    cast(u(n, 786) < 0.08 as integer) as reopened_count, kind,
    ['billing', 'reports', 'integrations', 'performance', 'access'][1 + cast(floor(u(n, 787) * 5) as integer)] as category,
    ['web', ['urgent', 'export', 'api', 'login'][1 + cast(floor(u(n, 788) * 4) as integer)]] as tags,
    ['low', 'normal', 'normal', 'high'][1 + cast(floor(u(n, 789) * 4) as integer)] as priority,
    case when kind = 'feature_request' then cast(floor(pow(u(n, 790), 3) * 40) as integer) end as votes,
    case when u(n, 791) < 0.4 and greatest(first_at, solved_at) < t1()
        then cast(least(5, greatest(1, round(5 * (0.25 + 0.6 * drive + 0.5 * (u(n, 792) - 0.4))))) as integer) end as satisfaction_score,
    iso(least(t1() - to_seconds(1), greatest(created_at, first_at, solved_at) + to_seconds(5))) as received_at
from handled
order by created_at, n;

create table feed_campaign_touches as
select
    'touch_' || cast(touch_no as varchar) as touch_id, campaign_id, user_id, segment_key, tactic, channel, is_holdout,
    as_utc(touched_at) as touched_at,
    case when not is_holdout and u(touch_no, 800) < 0.45 then as_utc(date_trunc('second', touched_at + to_seconds(60 + cast(floor(u(touch_no, 801) * 90000) as bigint)))) end as opened_at,
    case when not is_holdout and u(touch_no, 800) < 0.12 then as_utc(date_trunc('second', touched_at + to_seconds(90000 + cast(floor(u(touch_no, 802) * 90000) as bigint)))) end as clicked_at
from touch
order by touched_at, touch_no;

create table feed_experiment_exposures as
select exp_id() as experiment_id, variant, user_id, as_utc(exposed_at) as exposed_at
from exposure
order by exposed_at, user_no;

create table feed_marketing_spend as
select
    strftime(cast(t0() as date) + cast(d as integer), '%Y-%m-%d') as spend_date, channel, campaign_id,
    to_money(cast(floor(daily_cents * n_accounts() / 2000.0 * (0.6 + 0.8 * u(d * 8 + c, 810)) * case when (d + 1) % 7 in (6, 0) then 0.5 else 1 end) as bigint)) as amount,
    currency
from range(n_days()) as r (d),
    (values (0, 'paid_search', 'brand_search', 42000, 'USD'), (1, 'paid_social', 'founders', 26000, 'EUR'), (2, 'email', 'monthly_letter', 3000, 'USD'))
        as v (c, channel, campaign_id, daily_cents, currency)
order by d, c;

create table feed_consents as
with decision as (
    select user_no, user_id, purpose, c, 0 as v, u(user_no * 4 + c, 820) < [0.95, 0.55][1 + c] as is_granted, signed_up_at + to_seconds(30) as decided_at
    from usr, (values (0, 'analytics'), (1, 'marketing')) as p (c, purpose)
    where not is_bot
)
select user_id, purpose, case when version = 0 then is_granted else not is_granted end as is_granted, iso(decided_at) as decided_at
from (
    select *, 0 as version from decision
    union all
    select * replace (date_trunc('second', decided_at + to_seconds(86400 + cast(floor(u(user_no * 4 + c, 821) * 0.9 * epoch(t1() - decided_at)) as bigint))) as decided_at), 1
    from decision where u(user_no * 4 + c, 822) < 0.1
)
where decided_at < t1()
order by user_no, c, version;

-- Only dormant people without orders ask to be forgotten, so that figures before and after the erasure differ by activity alone.
create table feed_erasure_requests as
select 'er_' || cast(user_no as varchar) as request_id, user_id, iso(moment) as requested_at
from (
    select user_no, user_id, person_no, date_trunc('second', signed_up_at + to_seconds(cast(floor((0.3 + 0.6 * u(user_no, 830)) * epoch(t1() - signed_up_at)) as bigint))) as moment
    from usr
    where archetype = 'dormant' and alias_of is null and user_no >= n_accounts() and not is_internal and u(user_no, 831) < 0.04
)
where person_no not in (select person_no from buyer)
order by user_no;

create table feed_fx_rates as
select strftime(rate_date, '%Y-%m-%d') as rate_date, currency, cast(cast(rate_e6 as decimal(18, 0)) / 1000000 as decimal(18, 8)) as rate
from fx
order by rate_date, currency;
