"""Writes feeds to the inbox: format by feed, repeated rows, and the few deliberate bad rows."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

BAD_SHARE = 0.0005
REPEAT_SHARE = 0.002
PARQUET = "format parquet, compression zstd, row_group_size 122880"


@dataclass(frozen=True)
class Dirt:
    """One kind of bad row: a copy of a good row with `column` set to `value` (SQL) and, unless it is the key, a new key."""

    kind: str
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class SmallFeed:
    """How a small feed is written: file name, COPY options, key column for repeats and bad rows, kinds of bad rows."""

    name: str
    suffix: str
    options: str
    key: str
    repeats: bool = False
    dirt: tuple[Dirt, ...] = ()


CSV = ("csv", "format csv, header true")
NDJSON = ("ndjson", "format json")
NO_ZONE = "'2025-03-03 10:00:00'"

SMALL_FEEDS = (
    SmallFeed("plans", *CSV, key="plan_id"),
    SmallFeed(
        "users", *CSV, key="user_id", repeats=True,
        dirt=(
            Dirt("missing_user_id", "user_id", "null", "missing_required:user_id"),
            Dirt("no_time_zone", "updated_at", NO_ZONE, "no_time_zone:updated_at"),
            Dirt("text_in_number", "birth_year", "'nineteen-eighty'", "not_an_integer:birth_year"),
            Dirt("unknown_country", "country_code", "'UK'", "not_a_country:country_code"),
        ),
    ),
    SmallFeed(
        "accounts", *CSV, key="account_id", repeats=True,
        dirt=(
            Dirt("text_in_number", "employee_count", "'about 50'", "not_an_integer:employee_count"),
            Dirt("unknown_currency", "revenue_currency", "'EURO'", "not_a_currency:revenue_currency"),
        ),
    ),
    SmallFeed("account_members", *CSV, key="user_id"),
    SmallFeed(
        "subscriptions", *CSV, key="subscription_id", repeats=True,
        dirt=(
            Dirt("negative_price", "unit_amount", "'-19.00'", "below_minimum:unit_amount"),
            Dirt("unknown_status", "status", "'on_hold'", "not_in_set:status"),
            Dirt("missing_account_id", "account_id", "null", "missing_required:account_id"),
        ),
    ),
    SmallFeed(
        "survey_responses", *NDJSON, key="response_id", repeats=True,
        dirt=(
            Dirt("unknown_survey_kind", "survey_kind", "'happiness'", "not_in_set:survey_kind"),
            Dirt("score_above_scale", "score", "scale_max + 1", "score_above_scale"),
        ),
    ),
    SmallFeed(
        "tickets", *NDJSON, key="ticket_id", repeats=True,
        dirt=(
            Dirt("ambiguous_date", "created_at", "'03/04/2025'", "ambiguous_date:created_at"),
            Dirt("missing_ticket_id", "ticket_id", "null", "missing_required:ticket_id"),
        ),
    ),
    SmallFeed("campaign_touches", "parquet", PARQUET, key="touch_id"),
    SmallFeed("experiment_exposures", "parquet", PARQUET, key="user_id", repeats=True),
    SmallFeed(
        "marketing_spend", "csv.gz", "format csv, header true, compression gzip", key="channel",
        dirt=(Dirt("negative_amount", "amount", "'-12.50'", "below_minimum:amount"),),
    ),
    SmallFeed("consents", "ndjson.gz", "format json, compression gzip", key="user_id"),
    SmallFeed("erasure_requests", *CSV, key="request_id"),
    SmallFeed("fx_rates", *CSV, key="rate_date"),
)  # fmt: skip

EVENT_REASONS = {
    "missing_event_id": "missing_required:event_id",
    "missing_event_name": "missing_required:event_name",
    "occurred_after_receipt": "in_the_future:occurred_at",
    "unknown_country": "not_a_country:country_code",
    "broken_json": "not_json:properties",
}
MONEY_REASONS = {
    "negative_amount": "below_minimum:amount",
    "unknown_currency": "not_a_currency:currency",
    "missing_transaction_id": "missing_required:transaction_id",
    "unknown_kind": "not_in_set:kind",
}


@dataclass
class Written:
    """What went into the inbox: per feed the rows, the repeated rows and the bad rows by kind."""

    inbox: Path
    rows: dict[str, int] = field(default_factory=dict)
    repeats: dict[str, dict[str, int]] = field(default_factory=dict)
    dirt: dict[str, dict[str, dict[str, int | str]]] = field(default_factory=dict)

    def folder(self, feed: str) -> Path:
        """Return the feed's inbox folder, emptied the first time the feed is written."""
        path = self.inbox / feed
        if feed not in self.rows:
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(parents=True)
            self.rows[feed] = 0
            self.repeats[feed] = {"exact": 0, "sent_again": 0}
            self.dirt[feed] = {}
        return path

    def add_dirt(self, feed: str, kind: str, reason: str, rows: int) -> None:
        """Count bad rows of one kind with the reason code that landing should give them."""
        known = self.dirt[feed].setdefault(kind, {"rows": 0, "reason": reason})
        known["rows"] = int(known["rows"]) + rows


def write_events_month(con: duckdb.DuckDBPyConnection, written: Written, month: str) -> None:
    """Write the events and web vitals received in the month and count their repeats and bad rows."""
    path = written.folder("events") / f"events-{month}.parquet"
    written.rows["events"] += _copy(con, "from event_file()", path, PARQUET)
    for dup, rows in con.execute("select dup, count(*) from delivered_sorted where dup > 0 group by dup").fetchall():
        written.repeats["events"]["exact" if dup == 1 else "sent_again"] += rows
    kinds = "select event_dirt(e), count(*) from delivered_sorted where dup = 0 and u(e, 670) < 0.0005 group by 1 order by 1"
    for kind, rows in con.execute(kinds).fetchall():
        written.add_dirt("events", kind, EVENT_REASONS[kind], rows)
    path = written.folder("web_vitals") / f"web-vitals-{month}.parquet"
    written.rows["web_vitals"] += _copy(con, "from web_vitals_file()", path, PARQUET)


def write_money_months(con: duckdb.DuckDBPyConnection, written: Written, months: list[tuple[str, date, date]]) -> None:
    """Write transactions, one file per month of receipt, with repeats and bad rows."""
    kinds = "[" + ", ".join(f"'{kind}'" for kind in MONEY_REASONS) + "]"
    con.execute(f"""
        create table money_file as
        with line as (
            select
                transaction_id, kind, category, order_id, account_id, user_id, product_id, quantity,
                to_money(cents) as amount, to_money(tax_cents) as tax_amount, to_money(discount_cents) as discount_amount,
                currency, moment as occurred_at, received_at, hash(transaction_id || 'repeat') as h, hash(transaction_id || 'bad') as b
            from money_line
        ),
        repeated as (
            select *, case when h % 1000 < 2 then 1 else 2 end as dup from line where h % 1000 < 3
        ),
        chosen as (
            select *, {kinds}[1 + (row_number() over (order by b) - 1) % {len(MONEY_REASONS)}] as bad
            from line
            qualify row_number() over (order by b) <= greatest({len(MONEY_REASONS)}, (select count(*) from line) * {BAD_SHARE})
        )
        select * exclude (h, b), 0 as dup, null::varchar as bad from line
        union all
        select * exclude (h, b, dup) replace (
            case dup when 1 then received_at else least(t1() - to_seconds(1), received_at + to_hours(5)) end as received_at
        ), dup, null from repeated
        union all
        select * exclude (h, b, bad) replace (
            case when bad <> 'missing_transaction_id' then 'bad_' || transaction_id end as transaction_id,
            case when bad = 'negative_amount' then -1 - amount else amount end as amount,
            case when bad = 'unknown_currency' then 'XQQ' else currency end as currency,
            case when bad = 'unknown_kind' then 'gift' else kind end as kind
        ), 0, bad from chosen
    """)
    for dup, bad, rows in con.execute("select dup, bad, count(*) from money_file group by 1, 2 order by 1, 2").fetchall():
        written.folder("transactions")
        if bad is not None:
            written.add_dirt("transactions", bad, MONEY_REASONS[bad], rows)
        elif dup:
            written.repeats["transactions"]["exact" if dup == 1 else "sent_again"] += rows
    for month, start, end in months:
        query = f"""
            select * exclude (dup, bad) replace (as_utc(occurred_at) as occurred_at, as_utc(received_at) as received_at)
            from money_file
            where received_at >= timestamp '{start}' and received_at < timestamp '{end}'
            order by money_file.received_at, bad nulls first, transaction_id, dup
        """
        path = written.folder("transactions") / f"transactions-{month}.parquet"
        written.rows["transactions"] += _copy(con, query, path, PARQUET)


def write_small_feeds(con: duckdb.DuckDBPyConnection, written: Written) -> None:
    """Write every feed that fits one file from its `feed_<name>` table."""
    for feed in SMALL_FEEDS:
        path = written.folder(feed.name) / f"{feed.name}.{feed.suffix}"
        table = f"feed_{feed.name}"
        total = _count(con, f"from {table}")
        parts = [f"select *, 0 as part_ from {table}"]
        if feed.repeats:
            repeats = f"select *, 1 as part_ from {table} where rowid * 2654435761 % 1000 < {round(REPEAT_SHARE * 1000)}"
            written.repeats[feed.name]["exact"] = _count(con, repeats)
            parts.append(repeats)
        each = max(1, round(total * BAD_SHARE / len(feed.dirt))) if feed.dirt else 0
        for number, dirt in enumerate(feed.dirt):
            # spread over the table, each kind on other rows; the key marks the row unless the key itself is the fault
            where = f"score is not null and rowid % {max(1, total // (2 * each) - 1)} = {number + 1}" if dirt.column == "score" else (
                f"rowid % {max(1, total // each)} = {number + 1}"
            )
            changes = [f"{dirt.value} as {dirt.column}"]
            if dirt.column != feed.key:
                changes.append(f"'bad_' || {feed.key} as {feed.key}")
            bad = f"select * replace ({', '.join(changes)}), 2 + {number} as part_ from {table} where {where} order by rowid limit {each}"
            written.add_dirt(feed.name, dirt.kind, dirt.reason, _count(con, bad))
            parts.append(f"from ({bad})")
        query = f"select * exclude (part_) from ({' union all '.join(parts)})"
        written.rows[feed.name] = _copy(con, query, path, feed.options)


def _copy(con: duckdb.DuckDBPyConnection, query: str, path: Path, options: str) -> int:
    row = con.execute(f"copy ({query}) to '{path}' ({options})").fetchone()
    return int(row[0]) if row else 0


def _count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    row = con.execute(f"select count(*) from ({query})").fetchone()
    return int(row[0]) if row else 0
