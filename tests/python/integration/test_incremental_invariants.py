"""Law: growing the warehouse load by load gives the tables that one full refresh gives, in any order of the files."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dbt_process import run_dbt

from segmentry.contracts import load_contracts
from segmentry.landing import land

ROOT = Path(__file__).parents[3]
START = datetime(2024, 3, 1, tzinfo=UTC)
NOW = datetime(2024, 6, 1, tzinfo=UTC)
DAYS = 60
SCHEMAS = ("intermediate", "core", "segments", "kpis", "trust")
# What a run remembers of itself (which days it touched, up to which load) is no figure.
RUN_STATE = {"int_event_days_touched"}
RUN_COLUMNS = {"_watermark"}
# Numbers given in the order of landing differ between two orders, and so does what the ledger says of it.
ORDER_COLUMNS = RUN_COLUMNS | {"_load_id", "load_id", "landed_at"}
ORDER_TABLES = RUN_STATE | {"int_event_duplicates"}

pytestmark = pytest.mark.integration


class Company:
    """A small random company as a list of files, (feed, name, rows); every trap of the law is in it."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.files: list[tuple[str, str, list[dict[str, object]]]] = []
        self._users()
        self._events()
        self._subscriptions()
        self._transactions()

    def _at(self, day: float) -> datetime:
        return (START + timedelta(days=day)).replace(microsecond=0)

    def _users(self) -> None:
        for number in range(2):  # the second file changes e-mails (merges) and internal flags of known people
            rows: list[dict[str, object]] = [
                {
                    "user_id": f"u{user:02d}",
                    "updated_at": self._at(user % 20 + 25 * number),
                    "email": f"person{self.rng.choice([user, user // 3])}@mail.example",
                    "signed_up_at": self._at(user % 20),
                    "is_internal": self.rng.random() < 0.1,
                    "account_id": f"a{user % 7}",
                }
                for user in range(30)
                if number == 0 or self.rng.random() < 0.4
            ]
            self.files.append(("users", f"users_{number}.parquet", rows))

    def _event(self, number: int) -> dict[str, object]:
        user = self.rng.randrange(30)
        day = self.rng.random() * DAYS
        # bursts around midnight, so that sessions cross days
        if self.rng.random() < 0.3:
            day = round(day) + self.rng.uniform(-0.02, 0.02)
        day = max(day, 0.0)
        late = self.rng.choice([0.0, 0.01, 0.5, 30.0]) if self.rng.random() < 0.3 else 0.001
        known = self.rng.random() < 0.6
        return {
            "event_id": f"e{number}",
            "event_name": self.rng.choice(["page_viewed", "report_created", "background_sync", "task_created"]),
            "occurred_at": self._at(day),
            "received_at": self._at(day + late),
            "user_id": f"u{user:02d}" if known else None,
            "anonymous_id": f"d{self.rng.choice([user, user // 2])}" if not known or self.rng.random() < 0.7 else None,
            "device_type": self.rng.choice(["desktop", "mobile", "tablet"]),
        }

    def _events(self) -> None:
        rows = [self._event(number) for number in range(1200)]
        for row in self.rng.sample(rows, 80):  # sent again: exactly, later, or with another instant
            again = dict(row)
            kind = self.rng.randrange(3)
            if kind:
                again["received_at"] = row["received_at"] + timedelta(days=self.rng.random() * 10)  # type: ignore[operator]
            if kind == 2:
                again["occurred_at"] = row["occurred_at"] - timedelta(days=2)  # type: ignore[operator]
            rows.append(again)
        poison = self._event(999_999)
        poison["occurred_at"] = datetime(2999, 1, 1, tzinfo=UTC)
        rows.append(poison)
        self.rng.shuffle(rows)
        rows.sort(key=lambda row: row["received_at"] if self.rng.random() < 0.7 else NOW)  # type: ignore[arg-type,return-value]
        size = len(rows) // 5 + 1
        for number in range(5):
            self.files.append(("events", f"events_{number}.parquet", rows[number * size : (number + 1) * size]))

    def _subscriptions(self) -> None:
        rows: list[dict[str, object]] = []
        for account in range(7):
            day = float(account)
            for phase in range(3):
                end = day + self.rng.choice([5, 12, 25])
                rows.append(
                    {
                        "subscription_id": f"s{account}",
                        "phase_started_at": self._at(day),
                        "phase_ended_at": self._at(end),
                        "account_id": f"a{account}",
                        "plan_id": self.rng.choice(["team", "business"]),
                        "status": self.rng.choice(["active", "active", "trialing"]),
                        "quantity": self.rng.randrange(1, 5),
                        "unit_amount": "10.00",
                        "currency": "USD",
                        "billing_interval": self.rng.choice(["month", "week", "year"]),
                        "received_at": self._at(day),
                    }
                )
                day = end + (phase % 2) * 3
        open_ended = [dict(row, phase_ended_at=None) for row in rows[::4]]
        closed_later = [dict(row, received_at=row["phase_ended_at"]) for row in rows[::4]]
        rest = [row for index, row in enumerate(rows) if index % 4]
        self.files.append(("subscriptions", "subscriptions_0.parquet", open_ended + rest))
        self.files.append(("subscriptions", "subscriptions_1.parquet", closed_later))

    def _transactions(self) -> None:
        rows: list[dict[str, object]] = []
        for number in range(120):
            day = self.rng.random() * DAYS
            rows.append(
                {
                    "transaction_id": f"t{number}",
                    "kind": "charge" if number % 6 else "refund",
                    "category": "one_off",
                    "order_id": f"o{number // 3}" if number % 5 else None,
                    "user_id": f"u{number // 3 % 30:02d}",
                    "amount": f"{self.rng.randrange(100, 9999) / 100:.2f}",
                    "currency": "USD",
                    "occurred_at": self._at(day),
                    "received_at": self._at(day + self.rng.choice([0.01, 20])),
                }
            )
        rows += self.rng.sample(rows, 10)
        self.files.append(("transactions", "transactions_0.parquet", rows[:70]))
        self.files.append(("transactions", "transactions_1.parquet", rows[70:]))

    def drop(self, home: Path, files: list[tuple[str, str, list[dict[str, object]]]]) -> None:
        """Put files into the inbox and land them."""
        for feed, name, rows in files:
            folder = home / "inbox" / feed
            folder.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist(rows), folder / name)
        landed = land(home, load_contracts(ROOT / "contracts"), now=NOW)
        assert {file.status for file in landed} <= {"landed", "unchanged"}, landed


def dbt_build(home: Path, parsed: Path, *options: str, **variables: str) -> None:
    """Build every model and seed, or those selected."""
    arguments = ["build", "--quiet", "--exclude-resource-type", "test", "unit_test", *options]
    run_dbt(home, *arguments, target=home / "target", parsed=parsed, variables=variables)


def differences(
    one: Path, other: Path, skip_tables: set[str], skip_columns: set[str], schemas: tuple[str, ...] = SCHEMAS
) -> dict[str, int]:
    """Rows that only one of two warehouses has, per table."""
    con = duckdb.connect()
    for alias, home in (("one", one), ("other", other)):
        con.execute(f"attach '{home / 'warehouse' / 'segmentry.duckdb'}' as {alias} (read_only)")
    tables = con.execute(
        "select schema_name, table_name, list(column_name order by column_index) from duckdb_columns() "
        "where database_name = 'one' and list_contains(?, schema_name) group by all order by all",
        [list(schemas)],
    ).fetchall()
    assert len(tables) > (50 if schemas == SCHEMAS else 30)
    found = {}
    for schema, table, columns in tables:
        # a file dropped again has a line of its own in the ledger, and no other effect
        where = "where status <> 'unchanged'" if table == "feed_ledger" else ""
        names = ", ".join(f'"{column}"' for column in columns if column not in skip_columns)
        if table in skip_tables:
            continue
        one_side, other_side = (f"select {names} from {alias}.{schema}.{table} {where}" for alias in ("one", "other"))
        rows = con.execute(
            f"select count(*) from (({one_side} except all {other_side})"
            f" union all ({other_side} except all {one_side}))"
        ).fetchall()[0][0]
        if rows:
            found[table] = rows
    return found


def test_incremental_equals_full_refresh_in_any_order(tmp_path: Path, parsed: Path) -> None:
    company = Company(11)
    rng = random.Random(11)
    grown, fresh = tmp_path / "grown", tmp_path / "fresh"

    order = list(company.files)
    rng.shuffle(order)
    third = len(order) // 3
    for step in range(3):
        files = order[step * third :] if step == 2 else order[step * third : (step + 1) * third]
        company.drop(grown, files + rng.sample(order[: step * third], min(2, step * third)))  # and some again
        # what is not incremental is made anew by the last build, whatever the builds before it had
        dbt_build(grown, parsed, *([] if step == 2 else ["--select", "+config.materialized:incremental"]))

    rng.shuffle(order)
    company.drop(fresh, order)
    dbt_build(fresh, parsed)

    assert differences(grown, fresh, ORDER_TABLES, ORDER_COLUMNS) == {}
    con = duckdb.connect(str(grown / "warehouse" / "segmentry.duckdb"), read_only=True)
    events, last_day = con.execute("select count(*), max(event_date) from intermediate.int_events").fetchall()[0]
    assert events == 1200  # every event once, and not the one of the year 2999
    assert last_day.year == 2024
    assert con.execute("select count(*) from intermediate.int_identity_groups").fetchall()[0][0] > 0
