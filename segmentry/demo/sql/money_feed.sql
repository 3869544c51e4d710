-- The transactions feed with repeated rows (dup 1 exact, 2 received again later) and bad rows (bad = kind).
create table money_file as
with line as (
    select
        transaction_id, kind, category, order_id, account_id, user_id, product_id, quantity,
        to_money(cents) as amount, to_money(tax_cents) as tax_amount, to_money(discount_cents) as discount_amount,
        currency, moment as occurred_at, received_at,
        hash(transaction_id || 'repeat') as repeat_draw, hash(transaction_id || 'bad') as bad_draw
    from money_line
),
repeated as (
    select *, case when repeat_draw % 1000 < 2 then 1 else 2 end as dup
    from line
    where repeat_draw % 1000 < 3
),
ranked as (select *, row_number() over (order by bad_draw, transaction_id) as place from line),
chosen as (
    select
        *,
        ['negative_amount', 'unknown_currency', 'missing_transaction_id', 'unknown_kind'][1 + place % 4] as bad
    from ranked
    where place <= greatest(4, (select count(*) from line) * bad_share())
)
select * exclude (repeat_draw, bad_draw), 0 as dup, null::varchar as bad from line
union all
select * exclude (repeat_draw, bad_draw, dup) replace (
    case dup when 1 then received_at else least(t1() - to_seconds(1), received_at + to_hours(5)) end as received_at
), dup, null
from repeated
union all
select * exclude (repeat_draw, bad_draw, place, bad) replace (
    case when bad <> 'missing_transaction_id' then 'bad_' || transaction_id end as transaction_id,
    case when bad = 'negative_amount' then -1 - amount else amount end as amount,
    case when bad = 'unknown_currency' then 'XQQ' else currency end as currency,
    case when bad = 'unknown_kind' then 'gift' else kind end as kind
), 0, bad
from chosen;
