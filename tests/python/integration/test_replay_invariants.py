"""Law: a replay of a past day over all rows gives the marts that the rows dated by then give."""

from datetime import timedelta
from pathlib import Path

import pytest
from test_incremental_invariants import ORDER_COLUMNS, START, Company, dbt_build, differences

DAY_AFTER = START + timedelta(days=31)
# When a row happened or was stated, whatever its receipt.
DATED_BY = {
    "events": "occurred_at",
    "subscriptions": "phase_started_at",
    "transactions": "occurred_at",
    "users": "updated_at",
}
# What was landed is told by files, not by days.
OF_FILES = {"feed_ledger", "quarantine_summary"}
MARTS = ("core", "segments", "kpis", "trust")

pytestmark = pytest.mark.integration


def dated_by_then(company: Company) -> list[tuple[str, str, list[dict[str, object]]]]:
    """The company's files without what is dated later; of an event the earliest receipt counts."""
    events = sorted((row for feed, _, rows in company.files if feed == "events" for row in rows), key=received)
    winners = {row["event_id"]: row for row in reversed(events)}
    return [
        (feed, name, [row for row in rows if winners.get(row.get("event_id"), row)[DATED_BY[feed]] < DAY_AFTER])  # type: ignore[operator]
        for feed, name, rows in company.files
    ]


def received(row: dict[str, object]) -> object:
    return row["received_at"]


def test_replay_equals_the_rows_dated_by_then(tmp_path: Path, parsed: Path) -> None:
    # merges, internal flags, devices, late rows and ends of subscriptions lie on both sides of the day
    company = Company(13)
    by_then = dated_by_then(company)
    for feed in DATED_BY:
        kept, given = (sum(len(rows) for name, _, rows in files if name == feed) for files in (by_then, company.files))
        assert 0 < kept < given

    everything, cut = tmp_path / "everything", tmp_path / "cut"
    as_of_date = f"{DAY_AFTER - timedelta(days=1):%Y-%m-%d}"
    company.drop(everything, company.files)
    dbt_build(everything, parsed, as_of_date=as_of_date)
    company.drop(cut, [file for file in by_then if file[2]])
    dbt_build(cut, parsed, as_of_date=as_of_date)

    assert differences(everything, cut, OF_FILES, ORDER_COLUMNS, MARTS) == {}
