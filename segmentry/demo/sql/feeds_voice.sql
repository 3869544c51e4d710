-- What people say, and whom campaigns and experiments reached: one table each named feed_<feed>.
create table feed_survey_responses as
with wave as (
    select w, t0() + to_days(cast(45 + 91 * w as integer)) as moment from range(6) as r (w)
),
sent as (
    select
        wave.w, kind_no, usr.user_no, usr.user_id, usr.account_id, usr.drive, usr.profile,
        wave.w * 1000000000 + usr.user_no * 4 + kind_no as n,
        later(wave.moment, 0, u(usr.user_no, 750 + w), 14 * 86400) as responded_at
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
            when 0 then cast(least(10,
                greatest(0, round(10 * (0.28 + 0.80 * drive + 0.5 * (u(n, 761) - 0.5))))) as integer)
            when 1 then cast(least(5,
                greatest(1, round(5 * (0.30 + 0.65 * drive + 0.5 * (u(n, 761) - 0.5))))) as integer)
            else cast(least(7, greatest(1, round(7 * (0.30 + 0.60 * drive + 0.5 * (u(n, 761) - 0.5))))) as integer)
        end as score,
        [10, 5, 7][1 + kind_no] as scale_max, responded_at, was_sent_to
    from counted
    where u(n, 762) < 0.4
),
worded as (
    select
        *, case when u(n, 763) < 0.35 then case
            when score >= 0.8 * scale_max then pick(['Great product, we love the dashboards', 'Very helpful and fast',
                'Easy to use, thank you'], u(n, 764))
            when score >= 0.5 * scale_max then pick(['It is fine', 'Does the job, some reports are missing', 'OK'],
                u(n, 764))
            else pick(['Too expensive and slow', 'Terrible support, we waited for days',
                'Confusing and full of errors'], u(n, 764))
        end end as answer
    from scored
),
welcome as (
    select
        6000000000 + user_no as n, 'welcome' as survey_kind, 'welcome' as survey_id, 'main_goal' as question_id,
        user_id, account_id,
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
        1 + cast(floor(least(0.999, 0.7 * u(user_no, 767) + 0.3 * u(user_no * 4 + q, 768)) * 5) as integer) as score,
        5 as scale_max,
        later(signed_up_at, 86400, u(user_no, 769), 2592000) as responded_at, null as was_sent_to, null as answer
    from usr, range(3) as r (q)
    where not is_bot and u(user_no, 770) < 0.2
),
unioned as (
    select n, survey_id, survey_kind, question_id, user_id, account_id, score, scale_max, answer, responded_at,
        was_sent_to from worded
    union all by name
    select * from welcome
    union all by name
    select * from traits
)
select
    'r_' || cast(n as varchar) as response_id, survey_id, survey_kind, question_id, user_id, account_id, score,
    scale_max, answer,
    iso(responded_at) as responded_at, iso(least(responded_at + to_seconds(20), t1() - to_seconds(1))) as received_at,
    was_sent_to
from unioned
where responded_at < t1()
order by n;

create table ticket as
with drawn as (
    select
        usr.*, t, usr.user_no * 16 + t as n,
        later(signed_up_at, 3600, u(usr.user_no * 16 + t, 780), epoch(t1() - signed_up_at)) as created_at
    from usr, range(6) as r (t)
    where not is_bot and u(usr.user_no * 16 + t, 781) < 0.22 * (1.15 - drive)
),
handled as (
    select
        *, later(created_at, 600, -ln(1 - u(n, 782)), 14400) as first_at,
        later(created_at, 7200, -ln(1 - u(n, 783)), 200000) as solved_at,
        pick(['question', 'question', 'incident', 'incident', 'feature_request'], u(n, 784)) as kind
    from drawn
    where created_at < t1() - to_seconds(60)
)
select
    *, case when u(n, 793) < 0.7 then case
        when u(n, 794) < 0.5 * drive then 'positive'
        when u(n, 794) < 0.5 + 0.2 * drive then 'neutral'
        else 'negative' end end as tone
from handled;

create table feed_tickets as
select
    't_' || cast(n as varchar) as ticket_id, user_id, account_id, iso(created_at) as created_at,
    case when first_at < t1() then iso(first_at) end as first_responded_at,
    case when u(n, 785) < 0.92
        and greatest(first_at, solved_at) < t1() then iso(greatest(first_at, solved_at)) end as solved_at,
    cast(u(n, 786) < 0.08 as integer) as reopened_count, kind,
    pick(['billing', 'reports', 'integrations', 'performance', 'access'], u(n, 787)) as category,
    case tone
        when 'positive' then pick(['Great support so far, thank you for helping', 'We love the new reports, thanks',
            'Lovely product, one small question about filters'], u(n, 795))
        when 'neutral' then pick(['Where is the monthly export?', 'Which plan has single sign-on?',
            'Can I change the time zone of a report?'], u(n, 795))
        when 'negative' then pick(['This is terrible, the export is broken again',
            'Awful: the login fails every morning', 'I hate this bug, we lost a whole day'], u(n, 795)) end as message,
    ['web', pick(['urgent', 'export', 'api', 'login'], u(n, 788))] as tags,
    pick(['low', 'normal', 'normal', 'high'], u(n, 789)) as priority,
    case when kind = 'feature_request' then cast(floor(pow(u(n, 790), 3) * 40) as integer) end as votes,
    case when u(n, 791) < 0.4 and greatest(first_at, solved_at) < t1()
        then cast(least(5,
            greatest(1,
                round(5 * (0.25 + 0.6 * drive + 0.5 * (u(n, 792) - 0.4))))) as integer) end as satisfaction_score,
    iso(least(t1() - to_seconds(1), greatest(created_at, first_at, solved_at) + to_seconds(5))) as received_at
from ticket
order by ticket.created_at, n;

create table feed_campaign_touches as
select
    'touch_' || cast(touch_no as varchar) as touch_id, campaign_id, user_id, segment_key, tactic, channel, is_holdout,
    as_utc(touched_at) as touched_at,
    case when not is_holdout
        and u(touch_no, 800) < 0.45 then as_utc(later(touched_at, 60, u(touch_no, 801), 90000)) end as opened_at,
    case when not is_holdout
        and u(touch_no, 800) < 0.12 then as_utc(later(touched_at, 90000, u(touch_no, 802), 90000)) end as clicked_at
from touch
order by touched_at, touch_no;

create table feed_experiment_exposures as
select exp_id() as experiment_id, variant, user_id, as_utc(exposed_at) as exposed_at
from exposure
order by exposed_at, user_no;
