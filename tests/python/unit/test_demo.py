"""The demo company: same seed same rows, every feed there, and a truth that agrees with itself and with the feeds.

The expected figures are recomputed here from the files in plain Python or in other SQL than the generator's.
"""

import csv
import gzip
import hashlib
import json
import re
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
import yaml

from segmentry.demo import generate

ROOT = Path(__file__).parents[3]
SCALE = 0.02
FEEDS = sorted(path.stem for path in (ROOT / "contracts").glob("*.yml"))
GOOD_EVENTS = """
    select distinct on (event_id) * from read_parquet('{inbox}/events/*.parquet')
    where event_id is not null and not starts_with(event_id, 'bad_') and event_name is not null
    order by event_id, received_at
"""


def fingerprints(folder: Path) -> dict[str, str]:
    """Name -> sha256 of every file; the generator writes no clock and no path into its files."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(
            gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("demo")
    generate(home / "inbox", home / "truth", scale=SCALE, seed=7, threads=2)
    return home


@pytest.fixture(scope="module")
def con(demo: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    for path in (demo / "truth").glob("*.parquet"):
        connection.execute(f"create view {path.stem} as from read_parquet('{path}')")
    inbox = demo / "inbox"
    connection.execute(f"create table event as {GOOD_EVENTS.format(inbox=inbox)}")
    connection.execute(f"create view transaction_line as from read_parquet('{inbox}/transactions/*.parquet')")
    return connection


@pytest.fixture(scope="module")
def facts(demo: Path) -> dict:
    return json.loads((demo / "truth" / "truth.json").read_text(encoding="utf-8"))


def read_text_feed(demo: Path, feed: str) -> list[dict]:
    (path,) = (demo / "inbox" / feed).iterdir()
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text(encoding="utf-8")
    if "ndjson" in path.name:
        return [json.loads(line) for line in text.splitlines()]
    return list(csv.DictReader(text.splitlines()))


def read_feed(demo: Path, feed: str) -> tuple[list[str], list[tuple]]:
    """Column names and rows; values of text files as text, missing ones None."""
    files = sorted((demo / "inbox" / feed).iterdir())
    if files[0].suffix == ".parquet":
        result = duckdb.connect().execute(f"from read_parquet({[str(path) for path in files]})")
        return [column[0] for column in result.description], result.fetchall()
    rows = read_text_feed(demo, feed)
    if "csv" in files[0].name:
        opener = gzip.open if files[0].suffix == ".gz" else open
        with opener(files[0], "rt", encoding="utf-8") as head:
            names = head.readline().strip().split(",")
    else:
        names = list(rows[0])
    return names, [tuple(row[name] if row[name] != "" else None for name in names) for row in rows]


def contract(feed: str) -> dict:
    return yaml.safe_load((ROOT / "contracts" / f"{feed}.yml").read_text(encoding="utf-8"))["schema"][0]


def fits(value: object, column: dict) -> bool:
    """Whether a value keeps the simple promises of its contract column."""
    if value is None:
        return not column["required"]
    options = column.get("logicalTypeOptions", {})
    text = str(value)
    checks = {
        "iso4217": {"USD", "EUR", "GBP"},
        "iso3166_alpha2": {"US", "GB", "DE", "FR", "NL", "ES", "CA", "AU", "BR", "IN", "JP"},
    }
    if "enum" in options and text not in options["enum"]:
        return False
    if text not in checks.get(options.get("format"), {text}):
        return False
    if options.get("format") == "bcp47" and not re.fullmatch("[a-z]{2}(-[A-Z]{2})?", text):
        return False
    if column["logicalType"] in ("integer", "number") and not isinstance(value, (int, float, Decimal)):
        if not re.fullmatch(r"-?\d+(\.\d+)?", text):
            return False
        value = Decimal(text)
    if "minimum" in options and value < options["minimum"]:
        return False
    if column["logicalType"] == "timestamp":
        return isinstance(value, datetime) or bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text))
    return True


# ---- determinism


def test_same_seed_gives_the_same_bytes_with_another_number_of_threads(demo: Path, tmp_path: Path) -> None:
    generate(tmp_path / "inbox", tmp_path / "truth", scale=SCALE, seed=7, threads=1)
    assert fingerprints(tmp_path / "inbox") == fingerprints(demo / "inbox")
    assert fingerprints(tmp_path / "truth") == fingerprints(demo / "truth")


def test_another_seed_gives_another_company(demo: Path, tmp_path: Path) -> None:
    generate(tmp_path / "inbox", tmp_path / "truth", scale=SCALE, seed=8)
    ours, theirs = fingerprints(demo / "inbox"), fingerprints(tmp_path / "inbox")
    assert ours["subscriptions/subscriptions.csv"] != theirs["subscriptions/subscriptions.csv"]
    assert ours["events/events-2025-06.parquet"] != theirs["events/events-2025-06.parquet"]


@pytest.mark.parametrize(("scale", "seed", "word"), [(0.001, 7, "scale"), (1.0, -1, "seed")])
def test_impossible_settings_are_refused(tmp_path: Path, scale: float, seed: int, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        generate(tmp_path / "inbox", tmp_path / "truth", scale=scale, seed=seed)


# ---- shape of the feeds


def test_every_feed_is_there_and_nothing_else(demo: Path) -> None:
    assert sorted(path.name for path in (demo / "inbox").iterdir()) == FEEDS
    assert {path.name.split(".", 1)[1] for path in (demo / "inbox").rglob("*.*")} == {
        "parquet", "csv", "csv.gz", "ndjson", "ndjson.gz",
    }  # fmt: skip


@pytest.mark.parametrize("feed", FEEDS)
def test_good_rows_keep_the_contract(demo: Path, facts: dict, feed: str) -> None:
    """Columns in order; required values, value sets, formats and minima in all but the counted bad rows."""
    columns = contract(feed)["properties"]
    names, rows = read_feed(demo, feed)
    assert names == [column["name"] for column in columns]
    bad = sum(1 for row in rows if any(not fits(value, column) for value, column in zip(row, columns, strict=True)))
    # the row rules and the future are the landing's to find
    by_rule = ("occurred_after_receipt", "score_above_scale", "ends_before_start", "broken_json")
    assert bad == sum(kind["rows"] for name, kind in facts["dirt"][feed].items() if name not in by_rule)


@pytest.mark.parametrize("feed", FEEDS)
def test_rows_are_distinct_plus_duplicates_plus_bad_rows(demo: Path, facts: dict, feed: str) -> None:
    _, rows = read_feed(demo, feed)
    bad = sum(kind["rows"] for kind in facts["dirt"][feed].values())
    assert len(rows) == facts["rows"][feed]
    assert len(rows) == facts["distinct"][feed] + sum(facts["duplicates"][feed].values()) + bad


def test_events_have_every_kind_of_disorder(con: duckdb.DuckDBPyConnection, facts: dict) -> None:
    assert all(rows > 0 for name, rows in facts["duplicates"]["events"].items() if name != "superseded")
    assert set(facts["dirt"]["events"]) == {
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


def test_money_keys_are_unique_after_deduplication_and_amounts_fit(con: duckdb.DuckDBPyConnection, facts: dict) -> None:
    good = "transaction_id is not null and not starts_with(transaction_id, 'bad_')"
    distinct = con.execute(f"select count(distinct transaction_id) from transaction_line where {good}").fetchone()
    assert distinct == (facts["distinct"]["transactions"],)
    assert con.execute(f"select count(*) from transaction_line where {good} and amount <= 0").fetchone() == (0,)
    kinds = {row[0] for row in con.execute(f"select distinct kind from transaction_line where {good}").fetchall()}
    assert {"charge", "refund"} <= kinds <= {"charge", "refund", "credit", "chargeback"}


# ---- identity and activity


def test_identities_are_those_of_the_rule_applied_to_the_feeds(demo: Path, con: duckdb.DuckDBPyConnection) -> None:
    by_mail: dict[str, str] = {}
    person: dict[str, str] = {}
    rows = [row for row in read_text_feed(demo, "users") if row["user_id"] and not row["user_id"].startswith("bad_")]
    for row in sorted(rows, key=lambda row: row["user_id"]):
        mail = row["email"].strip().lower() or row["user_id"]
        person[row["user_id"]] = by_mail.setdefault(mail, row["user_id"])
    first_user: dict[str, str | None] = {}
    events = con.execute("select anonymous_id, user_id from event where anonymous_id is not null order by occurred_at")
    for anonymous_id, user_id in events.fetchall():
        if first_user.get(anonymous_id) is None:
            first_user[anonymous_id] = user_id
    expected = {("user_id", user_id, owner) for user_id, owner in person.items()}
    expected |= {("anonymous_id", anon, user and person[user]) for anon, user in first_user.items()}
    assert set(con.execute("select id_type, id, person_id from identities").fetchall()) == expected
    assert len(set(person.values())) < len(person), "some people have two user ids"
    shared = "select anonymous_id from event where user_id is not null group by 1 having count(distinct user_id) > 1"
    assert con.execute(f"select count(*) from ({shared})").fetchone()[0] > 0


def test_person_days_and_active_months_are_those_of_the_feed(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("""
        create or replace temp table seen as
        select
            coalesce(u.person_id, a.person_id) as person_id,
            cast(occurred_at at time zone 'UTC' as date) as activity_date,
            count(*) filter (where event_name <> 'background_sync') as events,
            count(*) filter (where event_name = 'background_sync') as background_events
        from event
        left join identities as u on u.id_type = 'user_id' and u.id = event.user_id
        left join identities as a on a.id_type = 'anonymous_id' and a.id = event.anonymous_id
        where coalesce(u.person_id, a.person_id) is not null
        group by all
    """)
    truth = "select person_id, activity_date, events, background_events from person_days"
    for left, right in (("from seen", truth), (truth, "from seen")):
        assert con.execute(f"select count(*) from ({left} except all {right})").fetchone() == (0,)
    active: dict[date, set[str]] = defaultdict(set)
    internal = {row[0] for row in con.execute("select person_id from people where is_internal").fetchall()}
    for person_id, day, events, _ in con.execute("from seen").fetchall():
        if events and person_id not in internal:
            active[day.replace(day=1)].add(person_id)
    assert dict(con.execute("from active_by_month").fetchall()) == {month: len(ids) for month, ids in active.items()}
    assert internal


def test_events_by_month_count_distinct_events(con: duckdb.DuckDBPyConnection, facts: dict) -> None:
    found = con.execute("select date_trunc('month', occurred_at)::date, event_name, count(*) from event group by all")
    assert set(found.fetchall()) == set(con.execute("from events_by_month").fetchall())
    assert con.execute("select count(*) from event").fetchone() == (facts["facts"]["distinct_events"],)


def test_archetypes_differ_in_activity(con: duckdb.DuckDBPyConnection) -> None:
    days = dict(
        con.execute("""
            select archetype, count(activity_date) / count(distinct people.person_id)
            from people left join person_days using (person_id) where not people.is_internal group by 1
        """).fetchall()
    )
    assert days["power"] > 2 * days["regular"] > 4 * days["casual"] > 4 * days["dormant"]


# ---- recurring revenue


def month_ends() -> list[date]:
    return [date(y + m // 12, m % 12 + 1, 1) - timedelta(days=1) for y, m in ((2024, k) for k in range(7, 25))]


def phase_mrr(phase: dict, rate: Decimal) -> Decimal:
    """METRICS.md: to a month by interval, converted at the rate of the phase's first day, half up to the cent."""
    factor = {
        "day": Fraction(36525, 1200),
        "week": Fraction(36525, 8400),
        "month": Fraction(1),
        "year": Fraction(1, 12),
    }[phase["billing_interval"]] / int(phase["interval_count"])
    exact = Fraction(phase["unit_amount"]) * int(phase["quantity"]) * factor * Fraction(str(rate))
    cents = Decimal(exact.numerator * 100) / Decimal(exact.denominator)
    return cents.quantize(Decimal(1), rounding=ROUND_HALF_UP) / 100


def feed_phases(demo: Path) -> dict[str, list[dict]]:
    """Account -> phases of the feed, the last received version of each."""
    latest: dict[tuple[str, str], dict] = {}
    for row in sorted(read_text_feed(demo, "subscriptions"), key=lambda row: row["received_at"]):
        if not row["subscription_id"].startswith("bad_"):
            latest[row["subscription_id"], row["phase_started_at"]] = row
    by_account: dict[str, list[dict]] = defaultdict(list)
    for row in latest.values():
        by_account[row["account_id"]].append(row)
    return by_account


def test_month_end_mrr_equals_a_day_by_day_recomputation_from_the_feed(
    demo: Path, con: duckdb.DuckDBPyConnection
) -> None:
    rates = {(row["rate_date"], row["currency"]): Decimal(row["rate"]) for row in read_text_feed(demo, "fx_rates")}
    truth: dict[tuple[str, date], Decimal] = {
        (account, day): mrr for account, day, mrr in con.execute("from mrr_month_end").fetchall()
    }
    phases = feed_phases(demo)
    paying = sorted({account for account, _ in truth})
    assert len(paying) >= 20
    for account in paying[:20]:
        for day in month_ends():
            expected = Decimal(0)
            for phase in phases[account]:
                if phase["plan_id"] == "free" or phase["status"] not in ("active", "past_due"):
                    continue
                started = datetime.fromisoformat(phase["phase_started_at"]).date()
                ended = phase["phase_ended_at"] and datetime.fromisoformat(phase["phase_ended_at"]).date()
                if started <= day and (not ended or ended > day):
                    expected += phase_mrr(phase, rates[started.isoformat(), phase["currency"]])
            assert truth.get((account, day), Decimal(0)) == expected, (account, day)


def test_mrr_rolls_forward_and_equals_the_accounts(con: duckdb.DuckDBPyConnection) -> None:
    columns = "month, opening_mrr, new_mrr, expansion_mrr, contraction_mrr, churned_mrr, reactivation_mrr, closing_mrr"
    previous = Decimal(0)
    rows = con.execute(f"select {columns} from mrr_movements order by month").fetchall()
    assert len(rows) == 18
    for month, opening, new, expansion, contraction, churned, reactivation, closing in rows:
        assert opening == previous
        assert opening + new + expansion - contraction - churned + reactivation == closing
        stock = con.execute("select sum(mrr) from mrr_month_end where date_trunc('month', month_end) = ?", [month])
        assert (stock.fetchone()[0] or Decimal(0)) == closing
        previous = closing
    kinds = Counter(row[0] for row in con.execute("select movement_type from mrr_changes").fetchall())
    assert kinds["new"] > 10
    assert kinds["churn"] > 3


def test_churn_events_are_falls_to_zero_and_involuntary_ones_failed_to_pay(
    demo: Path, con: duckdb.DuckDBPyConnection
) -> None:
    falls = con.execute("select account_id, change_date, mrr_before from mrr_changes where mrr_after = 0").fetchall()
    churn = con.execute("select account_id, churned_on, mrr_lost, is_involuntary from churn_events").fetchall()
    assert {row[:3] for row in churn} == set(falls)
    phases = feed_phases(demo)
    for account, day, _, is_involuntary in churn:
        reasons = {
            phase["cancel_reason"]
            for phase in phases[account]
            if phase["phase_ended_at"].startswith(day.isoformat()) and phase["status"] in ("active", "past_due")
        }
        assert ("payment_failed" in reasons) == is_involuntary


# ---- orders


def test_every_true_order_is_in_the_feed_with_its_money(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("""
        create or replace temp table line as
        select distinct on (transaction_id) *, identities.person_id
        from transaction_line join identities on id_type = 'user_id' and id = user_id
        where category = 'one_off' and not starts_with(transaction_id, 'bad_')
        order by transaction_id, received_at
    """)
    found = con.execute("""
        select
            person_id, order_id, min(occurred_at) filter (where kind = 'charge') at time zone 'UTC',
            sum(amount) filter (where kind = 'charge'),
            coalesce(sum(amount) filter (where kind <> 'charge'), 0), min(currency)
        from line
        group by person_id, order_id, case when order_id is null then cast(occurred_at as date) end
    """).fetchall()
    truth = "select person_id, order_id, ordered_at, gross_amount, refunded_amount, currency from orders"
    assert Counter(found) == Counter(con.execute(truth).fetchall())
    counts = "select count(*), count(order_id), count(*) filter (where refunded_amount > 0) from orders"
    orders, with_id, refunded = con.execute(counts).fetchone()
    assert orders > with_id > 0 < refunded
    wrong = "gross_amount - refunded_amount <> net_amount or is_cancelled <> (net_amount = 0)"
    assert con.execute(f"select count(*) from orders where {wrong}").fetchone() == (0,)


def test_converted_order_money_is_half_up_by_the_rate_of_the_line_day(
    demo: Path, con: duckdb.DuckDBPyConnection
) -> None:
    rates = {(row["rate_date"], row["currency"]): Decimal(row["rate"]) for row in read_text_feed(demo, "fx_rates")}
    expected: dict[str, Decimal] = defaultdict(Decimal)
    lines = con.execute("""
        select distinct on (transaction_id) order_id, kind, amount, currency, occurred_at from transaction_line
        where order_id is not null and not starts_with(transaction_id, 'bad_') and kind <> 'gift'
        order by transaction_id, received_at
    """).fetchall()
    for order_id, kind, amount, currency, occurred_at in lines:
        usd = (amount * rates[occurred_at.date().isoformat(), currency]).quantize(Decimal("0.01"), ROUND_HALF_UP)
        expected[order_id] += usd if kind == "charge" else -usd
    truth = con.execute("select order_id, net_amount_usd from orders where order_id is not null").fetchall()
    assert dict(truth) == dict(expected)


# ---- experiment


def test_experiment_counts_are_those_of_the_feed(demo: Path, con: duckdb.DuckDBPyConnection, facts: dict) -> None:
    (path,) = (demo / "inbox" / "experiment_exposures").iterdir()
    found = con.execute(f"""
        with exposed as (select distinct variant, user_id, exposed_at from read_parquet('{path}'))
        select variant, count(distinct exposed.user_id), count(distinct event.user_id)
        from exposed left join event
            on event.user_id = exposed.user_id and event_name = 'integration_connected'
            and occurred_at >= exposed_at and occurred_at < exposed_at + interval 14 day
        group by variant
    """).fetchall()
    assert set(found) == set(con.execute("select variant, exposed, converted from experiment").fetchall())
    drawn = facts["parameters"]["experiment"]
    assert drawn["p_treatment"] > drawn["p_control"]
