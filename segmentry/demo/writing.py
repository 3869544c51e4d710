"""Write the feeds to the inbox and count rows, keys, repeats and bad rows."""
# ruff: noqa: S608 - the SQL is put together from this package's own constants only

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from segmentry.demo.small_feeds import EVENT_REASONS, MONEY_REASONS, PARQUET, SMALL_FEEDS, SmallFeed

BAD_SHARE = 0.0005
REPEATS_PER_1000 = 2


@dataclass
class Written:
    """What went into the inbox, per feed: rows = distinct + duplicates of every kind + bad rows of every kind."""

    inbox: Path
    rows: dict[str, int] = field(default_factory=dict)
    distinct: dict[str, int] = field(default_factory=dict)
    duplicates: dict[str, dict[str, int]] = field(default_factory=dict)
    dirt: dict[str, dict[str, dict[str, int | str]]] = field(default_factory=dict)

    def folder(self, feed: str) -> Path:
        """Return the feed's inbox folder, emptied the first time the feed is written."""
        path = self.inbox / feed
        if feed not in self.rows:
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(parents=True)
            self.rows[feed] = 0
            self.distinct[feed] = 0
            self.duplicates[feed] = {"exact": 0, "sent_again": 0, "superseded": 0}
            self.dirt[feed] = {}
        return path

    def add_dirt(self, feed: str, kind: str, reason: str, rows: int) -> None:
        """Count bad rows of one kind with the reason code that landing should give them."""
        known = self.dirt[feed].setdefault(kind, {"rows": 0, "reason": reason})
        known["rows"] = int(known["rows"]) + rows


def write_events_month(con: duckdb.DuckDBPyConnection, written: Written, month: str) -> None:
    """Write the events and web vitals received in the month."""
    path = written.folder("events") / f"events-{month}.parquet"
    written.rows["events"] += _copy(con, "from event_file()", path, PARQUET)
    for dup, rows in con.execute("select dup, count(*) from delivered_sorted group by dup").fetchall():
        if dup == 0:
            written.distinct["events"] += rows
        else:
            written.duplicates["events"]["exact" if dup == 1 else "sent_again"] += rows
    kinds = "select event_dirt(e), count(*) from delivered_sorted where dup = 0 group by 1 order by 1"
    for kind, rows in con.execute(kinds).fetchall():
        if kind is not None:
            written.add_dirt("events", kind, EVENT_REASONS[kind], rows)
    path = written.folder("web_vitals") / f"web-vitals-{month}.parquet"
    measured = _copy(con, "from web_vitals_file()", path, PARQUET)
    written.rows["web_vitals"] += measured
    written.distinct["web_vitals"] += measured


def write_money_months(con: duckdb.DuckDBPyConnection, written: Written, months: list[tuple[date, date]]) -> None:
    """Write the `money_file` table as transactions, one file per month of receipt."""
    folder = written.folder("transactions")
    counts = "select dup, bad, count(*) from money_file group by 1, 2 order by 1, 2"
    for dup, bad, rows in con.execute(counts).fetchall():
        if bad is not None:
            written.add_dirt("transactions", bad, MONEY_REASONS[bad], rows)
        elif dup:
            written.duplicates["transactions"]["exact" if dup == 1 else "sent_again"] += rows
        else:
            written.distinct["transactions"] += rows
    for start, end in months:
        query = f"""
            select * exclude (dup, bad)
                replace (as_utc(occurred_at) as occurred_at, as_utc(received_at) as received_at)
            from money_file
            where received_at >= timestamp '{start}' and received_at < timestamp '{end}'
            order by money_file.received_at, bad nulls first, transaction_id, dup
        """
        written.rows["transactions"] += _copy(con, query, folder / f"transactions-{start:%Y-%m}.parquet", PARQUET)


def write_small_feeds(con: duckdb.DuckDBPyConnection, written: Written) -> None:
    """Write every feed that fits one file from its `feed_<name>` table."""
    for feed in SMALL_FEEDS:
        path = written.folder(feed.name) / f"{feed.name}.{feed.suffix}"
        written.rows[feed.name] = _copy(con, _small_feed_query(con, written, feed), path, feed.options)


def _small_feed_query(con: duckdb.DuckDBPyConnection, written: Written, feed: SmallFeed) -> str:
    """Return the query of good rows, exact repeats and bad rows, in that order, and count each."""
    table = f"feed_{feed.name}"
    total = _count(con, f"from {table}")
    distinct = _count(con, f"select distinct {', '.join(feed.key)} from {table}")
    written.distinct[feed.name] = distinct
    written.duplicates[feed.name]["superseded"] = total - distinct
    parts = [f"from {table}"]
    if feed.repeats:
        # the multiplier spreads the repeats over the file
        repeats = f"from {table} where rowid * 2654435761 % 1000 < {REPEATS_PER_1000}"
        written.duplicates[feed.name]["exact"] = _count(con, repeats)
        parts.append(repeats)
    for number, dirt in enumerate(feed.dirt):
        changes = [f"{dirt.value} as {dirt.column}"]
        if dirt.column != feed.key[0]:
            changes.append(f"'bad_' || {feed.key[0]} as {feed.key[0]}")
        rows = max(1, round(total * BAD_SHARE / len(feed.dirt)))
        bad = (
            f"select * replace ({', '.join(changes)}) from {table} where {dirt.column} is not null"
            f" order by hash(rowid * {len(feed.dirt)} + {number}) limit {rows}"
        )
        written.add_dirt(feed.name, dirt.kind, dirt.reason, _count(con, bad))
        parts.append(f"from ({bad})")
    return " union all ".join(parts)


def _copy(con: duckdb.DuckDBPyConnection, query: str, path: Path, options: str) -> int:
    row = con.execute(f"copy ({query}) to '{path}' ({options})").fetchone()
    return int(row[0]) if row else 0


def _count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    row = con.execute(f"select count(*) from ({query})").fetchone()
    return int(row[0]) if row else 0
