"""One small demo company, generated once per test run, and ways to read its files."""

from __future__ import annotations

import atexit
import csv
import gzip
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

import duckdb

from segmentry.demo import generate

SCALE = 0.02
GOOD_EVENTS = """
    select distinct on (event_id) * from read_parquet('{inbox}/events/*.parquet')
    where event_id is not null and not starts_with(event_id, 'bad_') and event_name is not null
    order by event_id, received_at
"""


@cache
def small_company() -> Path:
    """Return the folder that holds `inbox/` and `truth/`; read only."""
    home = Path(tempfile.mkdtemp(prefix="demo-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    generate(home / "inbox", home / "truth", scale=SCALE, seed=7, threads=2)
    return home


@cache
def facts() -> dict:
    """Return truth.json of the small company."""
    return json.loads((small_company() / "truth" / "truth.json").read_text(encoding="utf-8"))


def connect() -> duckdb.DuckDBPyConnection:
    """Return a connection with the truth as views, `event` deduplicated and `transaction_line` as delivered."""
    home = small_company()
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    for path in (home / "truth").glob("*.parquet"):
        con.execute(f"create view {path.stem} as from read_parquet('{path}')")
    con.execute(f"create table event as {GOOD_EVENTS.format(inbox=home / 'inbox')}")
    con.execute(f"create view transaction_line as from read_parquet('{home}/inbox/transactions/*.parquet')")
    return con


def read_text_feed(feed: str) -> list[dict]:
    """Rows of a CSV or NDJSON feed."""
    (path,) = (small_company() / "inbox" / feed).iterdir()
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text(encoding="utf-8")
    if "ndjson" in path.name:
        return [json.loads(line) for line in text.splitlines()]
    return list(csv.DictReader(text.splitlines()))


def shape(feed: str) -> tuple[list[str], int]:
    """Column names and number of rows of a feed over all its files."""
    files = sorted((small_company() / "inbox" / feed).iterdir())
    if files[0].suffix == ".parquet":
        con = duckdb.connect()
        source = f"read_parquet({[str(path) for path in files]})"
        names = [column[0] for column in con.execute(f"describe from {source}").fetchall()]
        return names, con.execute(f"select count(*) from {source}").fetchone()[0]
    rows = read_text_feed(feed)
    if "ndjson" in files[0].name:
        return list(rows[0]), len(rows)
    opener = gzip.open if files[0].suffix == ".gz" else open
    with opener(files[0], "rt", encoding="utf-8") as head:
        return head.readline().strip().split(","), len(rows)
