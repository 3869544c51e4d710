-- Presentation of the narrow `event` rows in the shape of the feed. One row per delivered row, in delivery order.
create macro event_id(e) as format('{:016x}{:016x}', hash(e * 2 + mix()), hash(e * 2 + 1 + mix()));
create macro as_utc(ts) as ts at time zone 'UTC';
create macro code_name(code) as
    ['signed_up', 'invited_member', 'page_viewed', 'report_created', 'report_viewed', 'report_exported',
     'dashboard_viewed', 'task_created', 'task_completed', 'integration_connected', 'search_run', 'comment_added',
     'api_called', 'order_placed',
     'limit_reached', 'background_sync'][code];
create macro code_path(code) as
    ['/welcome', '/team', '/', '/reports/new', '/reports', '/reports', '/dashboards', '/tasks/new', '/tasks',
     '/integrations',
     '/search', '/comments', null, '/shop/checkout', '/plans', null][code];
-- what analysts, builders, developers and viewers do
create macro mix_code(e, user_no) as
    [5, 5, 5, 5, 7, 7, 7, 7, 4, 4, 6, 3, 3, 3, 11, 12,
     8, 8, 8, 8, 9, 9, 9, 9, 12, 12, 3, 3, 3, 7, 11, 5,
     13, 13, 13, 13, 13, 13, 3, 3, 3, 11, 11, 7, 9, 8, 15, 13,
     3, 3, 3, 3, 3, 3, 7, 7, 7, 7, 5, 5, 5, 11, 12, 15
    ][1 + 16 * cast(floor(u(user_no, 38) * 4) as integer) + cast(floor(u(e, 644) * 16) as integer)];

-- half of the visits before a sign-up carry campaign tags
create macro is_tagged(s, k, kind) as k = 0 and kind in (2, 9) and u(s, 665) < 0.5;

create macro event_feed() as table
with described as (
    -- no join here: delivered_sorted holds what the columns need, so that its order reaches the file
    select
        *, owner * 4 + coalesce(device, 3) as device_key,
        case
            when device is null then 5
            else pick([1, 1, 1, 1, 2, 2, 3, 3, 4, 4], u(owner * 4 + device, 661))
        end as client
    from delivered_sorted
)
select
    e, s, k, kind, dup, client,
    event_id(e) as event_id,
    code_name(code) as event_name,
    as_utc(occurred_at) as occurred_at,
    as_utc(received_at) as received_at,
    case when ident then user_key(user_no) end as user_id,
    case when device is not null then 'a_' || cast(device_key as varchar) end as anonymous_id,
    case when ident then account_key(a) end as account_id,
    case when client = 1 then format('s{:x}', s) end as session_id,
    ['web', 'web', 'ios', 'android', 'api'][client] as platform,
    ['desktop', 'tablet', 'mobile', 'mobile', null][client] as device_type,
    case client when 1 then pick(['Windows', 'Windows', 'macOS', 'Linux'], u(device_key, 662))
        when 2 then 'iOS' when 3 then 'iOS' when 4 then 'Android' end as os,
    case
        when user_no = n_users() then 'HeadlessChrome'
        when client = 1 then pick(['Chrome', 'Chrome', 'Firefox', 'Edge', 'Safari'], u(device_key, 663))
        when client = 2 then 'Safari' end as browser,
    case when client in (3, 4) then '4.' || cast(month(occurred_at) as varchar) || '.0' end as app_version,
    getvariable('geo_country')[1 + g] as country_code,
    getvariable('geo_region')[1 + g] as region,
    getvariable('geo_city')[1 + g] as city,
    getvariable('geo_language')[1 + g] as language,
    code_path(code) as page_path,
    case when k = 0 and client <= 2 then
        pick(['https://www.google.com/', null, 'https://news.example/', 'https://partner.example/demo'], u(s, 664))
    end as referrer,
    case when is_tagged(s, k, kind) then pick(['google', 'newsletter', 'linkedin'], u(s, 666)) end as utm_source,
    case when is_tagged(s, k, kind) then pick(['cpc', 'email', 'paid_social'], u(s, 666)) end as utm_medium,
    case when is_tagged(s, k, kind) then pick(['brand_search', 'monthly_letter', 'founders'], u(s, 666)) end
        as utm_campaign,
    case
        when code = 11 then '{"results":' || cast(hash(e) % 40 as varchar) || '}'
        when code = 13 then '{"ms":' || cast(hash(e) % 900 as varchar) || ',"endpoint":"/v1/'
            || ['reports', 'tasks', 'users'][1 + cast(hash(s) % 3 as integer)] || '"}'
        when code = 15 then '{"limit":"' || ['seats', 'reports', 'api_calls'][1 + cast(hash(s) % 3 as integer)] || '"}'
        when code in (4, 5, 6) then '{"report_id":"r' || cast(hash(s) % 5000 as varchar) || '"}'
    end as properties
from described;

create macro event_dirt(e) as
    case when u(e, 670) < bad_share() then
        pick(['missing_event_id', 'missing_event_name', 'occurred_after_receipt', 'unknown_country', 'broken_json'],
            u(e, 671))
    end;

create macro event_file() as table
with rows_ as (from event_feed()),
dirty as (select *, event_dirt(e) as dirt from rows_ where dup = 0 and event_dirt(e) is not null)
select * exclude (e, s, k, kind, dup, client) from rows_
union all
select * exclude (e, s, k, kind, dup, client, dirt) replace (
    case when dirt <> 'missing_event_id' then 'bad_' || event_id end as event_id,
    case when dirt <> 'missing_event_name' then event_name end as event_name,
    case when dirt = 'occurred_after_receipt' then received_at + to_days(40) else occurred_at end as occurred_at,
    case when dirt = 'unknown_country' then 'XX' else country_code end as country_code,
    case when dirt = 'broken_json' then '{"ms":' else properties end as properties)
from dirty;

create macro web_vitals_file() as table
with measured as (
    select event_id, e, s, page_path, device_type, occurred_at as measured_at, unnest([1, 2, 3]) as m
    from event_feed()
    where dup = 0 and k = 0 and client <= 2 and page_path is not null and u(s, 680) < 0.10
)
select
    event_id, ['LCP', 'INP', 'CLS'][m] as metric,
    round(case m
        when 1 then 900 * exp(1.1 * u(e, 681) + 0.8 * u(e, 682))
        when 2 then 40 * exp(2.4 * u(e, 683))
        else 0.3 * pow(u(e, 684), 3) end, 3) as value,
    page_path, device_type, measured_at
from measured;
