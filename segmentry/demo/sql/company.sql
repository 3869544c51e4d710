-- Latent accounts and people. One row per account in `acct`, one row per user id in `usr_base`.
create table geo as
select row_number() over () - 1 as g, *
from (values
    ('US', 'California', 'San Francisco', 'America/Los_Angeles', -8, 'en-US', 'USD'),
    ('US', 'New York', 'New York', 'America/New_York', -5, 'en-US', 'USD'),
    ('US', 'Texas', 'Austin', 'America/Chicago', -6, 'es-US', 'USD'),
    ('US', 'Washington', 'Seattle', 'America/Los_Angeles', -8, 'en-US', 'USD'),
    ('GB', 'England', 'London', 'Europe/London', 0, 'en-GB', 'GBP'),
    ('GB', 'Scotland', 'Edinburgh', 'Europe/London', 0, 'en-GB', 'GBP'),
    ('DE', 'Berlin', 'Berlin', 'Europe/Berlin', 1, 'de', 'EUR'),
    ('DE', 'Bayern', 'München', 'Europe/Berlin', 1, 'de', 'EUR'),
    ('FR', 'Île-de-France', 'Paris', 'Europe/Paris', 1, 'fr', 'EUR'),
    ('NL', 'Noord-Holland', 'Amsterdam', 'Europe/Amsterdam', 1, 'nl', 'EUR'),
    ('ES', 'Madrid', 'Madrid', 'Europe/Madrid', 1, 'es', 'EUR'),
    ('CA', 'Ontario', 'Toronto', 'America/Toronto', -5, 'en-CA', 'USD'),
    ('AU', 'New South Wales', 'Sydney', 'Australia/Sydney', 10, 'en-AU', 'USD'),
    ('BR', 'São Paulo', 'São Paulo', 'America/Sao_Paulo', -3, 'pt-BR', 'USD'),
    ('IN', 'Karnataka', 'Bengaluru', 'Asia/Kolkata', 5, 'en-IN', 'USD'),
    ('JP', 'Tokyo', 'Tokyo', 'Asia/Tokyo', 9, 'ja', 'USD')
) as v (country_code, region, city, timezone, utc_offset, language, currency);

set variable geo_country = (select list(country_code order by g) from geo);
set variable geo_region = (select list(region order by g) from geo);
set variable geo_city = (select list(city order by g) from geo);
set variable geo_language = (select list(language order by g) from geo);

-- Daily rates with six decimals; rate_e6 is the same rate as an integer, for exact arithmetic.
create table fx as
select
    (cast(t0() as date) + cast(d as integer)) as rate_date, currency,
    case currency
        when 'USD' then 1000000
        when 'EUR' then cast(round(1000000 * (1.08 + 0.045 * sin(d / 61.0) + 0.006 * u(d, 1))) as bigint)
        else cast(round(1000000 * (1.27 + 0.050 * sin(d / 83.0 + 1) + 0.007 * u(d, 2))) as bigint)
    end as rate_e6
from range(n_days()) as r (d), (values ('USD'), ('EUR'), ('GBP')) as c (currency);

-- User numbers: 0 .. A-1 found the accounts, the last `n_aliases` repeat an earlier person, number n_users() is the
-- bot.
create table usr_base as
with numbered as (
    select
        user_no,
        case
            when user_no >= n_users() - n_aliases() and user_no < n_users()
                then (user_no - (n_users() - n_aliases())) * ((n_users() - n_aliases()) // n_aliases())
        end as alias_of
    from range(n_users() + 1) as r (user_no)
)
select
    user_no, alias_of, coalesce(alias_of, user_no) as person_no,
    case
        when user_no = n_users() then n_accounts() - 1
        when coalesce(alias_of, user_no) < n_accounts() then coalesce(alias_of, user_no)
        else cast(floor(n_accounts() * pow(u(coalesce(alias_of, user_no), 10), 2.5)) as bigint)
    end as a
from numbered;

create table acct as
with sized as (select a, count(*) as n_users from usr_base group by a),
drawn as (
    select
        a, n_users,
        u(a, 20) as health,
        -- a quarter of the accounts come in the first month, the others evenly after it
        t0() + to_days(case
            when a = n_accounts() - 1 then 0
            else cast(floor(u(a, 21) * case when u(a, 19) < 0.25 then 31 else n_days() - 26 end) as integer) end)
            + to_seconds(28800 + cast(floor(u(a, 22) * 36000) as bigint)) as started_at,
        cast(floor(u(a, 23) * 16) as bigint) as g,
        -- the firm's own account, there from the first day: every user in it is a member of staff, one is a bot
        a = n_accounts() - 1 as is_internal
    from sized
)
select drawn.*, geo.currency, account_key(a) as account_id
from drawn join geo using (g);
