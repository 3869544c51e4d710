"""The demo company's files: same seed same bytes, every feed there, disorder only where it is counted."""

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import demo_company
import duckdb
import pytest
from demo_company import SCALE, facts, shape, small_company

from segmentry.contracts import Contract, load_contracts
from segmentry.demo import generate
from segmentry.landing import land

ROOT = Path(__file__).parents[3]
FEEDS = sorted(path.stem for path in (ROOT / "contracts").glob("*.yml"))


def fingerprints(folder: Path) -> dict[str, str]:
    """Name -> sha256 of every file."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with demo_company.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return load_contracts(ROOT / "contracts")


# ---- determinism


def test_same_seed_gives_the_same_bytes_with_another_number_of_threads(tmp_path: Path) -> None:
    generate(tmp_path / "inbox", tmp_path / "truth", scale=SCALE, seed=7, threads=1)
    assert fingerprints(tmp_path / "inbox") == fingerprints(small_company() / "inbox")
    assert fingerprints(tmp_path / "truth") == fingerprints(small_company() / "truth")


def test_another_seed_gives_another_company(tmp_path: Path) -> None:
    generate(tmp_path / "inbox", tmp_path / "truth", scale=SCALE, seed=8)
    ours, theirs = fingerprints(small_company() / "inbox"), fingerprints(tmp_path / "inbox")
    assert ours["subscriptions/subscriptions.csv"] != theirs["subscriptions/subscriptions.csv"]
    assert ours["events/events-2025-06.parquet"] != theirs["events/events-2025-06.parquet"]


@pytest.mark.parametrize(("scale", "seed", "word"), [(0.001, 7, "scale"), (1.0, -1, "seed")])
def test_impossible_settings_are_refused(tmp_path: Path, scale: float, seed: int, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        generate(tmp_path / "inbox", tmp_path / "truth", scale=scale, seed=seed)


# ---- shape of the feeds


def test_every_feed_is_there_and_nothing_else() -> None:
    assert sorted(path.name for path in (small_company() / "inbox").iterdir()) == FEEDS
    assert {path.name.split(".", 1)[1] for path in (small_company() / "inbox").rglob("*.*")} == {
        "parquet", "csv", "csv.gz", "ndjson", "ndjson.gz",
    }  # fmt: skip


# the company sells one item a subscription, at list price
NOT_MADE = {"subscriptions": ("item_id", "discount_amount")}


@pytest.mark.parametrize("feed", FEEDS)
def test_columns_are_those_of_the_contract_in_its_order(contracts: dict[str, Contract], feed: str) -> None:
    names, _ = shape(feed)
    assert names == [c.name for c in contracts[feed].columns if c.name not in NOT_MADE.get(feed, ())]


@pytest.mark.parametrize("feed", FEEDS)
def test_rows_are_distinct_plus_duplicates_plus_bad_rows(feed: str) -> None:
    _, rows = shape(feed)
    bad = sum(kind["rows"] for kind in facts()["dirt"][feed].values())
    assert rows == facts()["rows"][feed]
    assert rows == facts()["distinct"][feed] + sum(facts()["duplicates"][feed].values()) + bad


def test_events_have_every_kind_of_disorder(con: duckdb.DuckDBPyConnection) -> None:
    assert all(rows > 0 for name, rows in facts()["duplicates"]["events"].items() if name != "superseded")
    assert set(facts()["dirt"]["events"]) == {
        "missing_event_id", "missing_event_name", "occurred_after_receipt", "unknown_country", "broken_json",
    }  # fmt: skip
    late, latest = con.execute("""
        select count(*) filter (where received_at > occurred_at + interval 1 day), max(received_at - occurred_at)
        from event
    """).fetchone()
    assert late > 100
    assert timedelta(days=25) < latest < timedelta(days=31)
    outside = "occurred_at < '2024-07-01 00:00Z' or received_at >= '2026-01-01 00:00Z' or received_at < occurred_at"
    assert con.execute(f"select count(*) from event where {outside}").fetchone() == (0,)


def test_money_keys_are_unique_after_deduplication_and_amounts_fit(con: duckdb.DuckDBPyConnection) -> None:
    good = "transaction_id is not null and not starts_with(transaction_id, 'bad_')"
    distinct = con.execute(f"select count(distinct transaction_id) from transaction_line where {good}").fetchone()
    assert distinct == (facts()["distinct"]["transactions"],)
    assert con.execute(f"select count(*) from transaction_line where {good} and amount <= 0").fetchone() == (0,)
    kinds = {row[0] for row in con.execute(f"select distinct kind from transaction_line where {good}").fetchall()}
    assert {"charge", "refund"} <= kinds <= {"charge", "refund", "credit", "chargeback"}


def test_landing_accepts_all_but_the_counted_bad_rows_for_the_stated_reasons(
    contracts: dict[str, Contract], tmp_path: Path
) -> None:
    shutil.copytree(small_company() / "inbox", tmp_path / "inbox")
    files = land(tmp_path, contracts, now=datetime(2026, 1, 1, tzinfo=UTC))
    assert {file.status for file in files} == {"landed"}
    reasons: dict[str, Counter[str]] = {feed: Counter() for feed in FEEDS}
    rows: Counter[str] = Counter()
    for file in files:
        reasons[file.feed].update(file.reasons)
        rows[file.feed] += file.records
    expected = {
        feed: Counter({kind["reason"]: kind["rows"] for kind in kinds.values()})
        for feed, kinds in facts()["dirt"].items()
    }
    assert reasons == expected
    assert rows == facts()["rows"]


def test_a_large_company_spends_in_proportion() -> None:
    """At 125,000 accounts the product of accounts and cents a day passes 32 bits."""
    sql = ROOT / "segmentry" / "demo" / "sql"
    statements = (sql / "feeds.sql").read_text(encoding="utf-8").split(";")
    statements += (sql / "money.sql").read_text(encoding="utf-8").split(";")
    to_money, spend = (
        next(text for text in statements if name in text)
        for name in ("macro to_money", "create table feed_marketing_spend")
    )
    totals = {}
    for accounts in (2_000, 125_000):
        with duckdb.connect() as con:
            con.execute("create macro t0() as timestamp '2024-07-01'; create macro n_days() as 90;")
            con.execute(f"create macro mix() as cast(7 as bigint); create macro n_accounts() as {accounts};")
            for name in ("t1", "n_users", "n_aliases", "n_visits", "bad_share", "holdout_share"):
                con.execute(f"create macro {name}() as 1;")  # named by other macros, not used here
            con.execute((sql / "macros.sql").read_text(encoding="utf-8"))
            con.execute(to_money)
            con.execute(spend)
            totals[accounts] = con.execute("select sum(amount) from feed_marketing_spend").fetchall()[0][0]
    assert float(totals[125_000] / totals[2_000]) == pytest.approx(62.5, rel=1e-4)
