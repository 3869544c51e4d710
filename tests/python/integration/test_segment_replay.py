"""Law: a replay of a past day, over what was known by then, gives the memberships that the build of that day gave."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from test_incremental_invariants import START, Company, dbt_build

# When a row came to be known, as the contracts say.
KNOWN_BY = {
    "events": "received_at",
    "subscriptions": "received_at",
    "transactions": "received_at",
    "users": "updated_at",
    "consents": "decided_at",
}
DAYS = [START.date() + timedelta(days=days) for days in (20, 37, 58)]
OUTPUTS = ("segment_membership", "segment_membership_history", "audience_members", "audience_changes")

pytestmark = pytest.mark.integration

Rows = dict[str, list[tuple[object, ...]]]


def company_with_consents() -> Company:
    company = Company(17)
    rows: list[dict[str, object]] = [
        {
            "user_id": f"u{user:02d}",
            "purpose": "marketing",
            "is_granted": turn == 0,
            "decided_at": START + timedelta(days=user % 9 + 30 * turn),
        }
        for user in range(30)
        for turn in range(1 + (user % 3 == 0))
    ]
    company.files.append(("consents", "consents_0.parquet", rows))
    return company


def known_between(company: Company, after: str, until: str) -> list[tuple[str, str, list[dict[str, object]]]]:
    """The rows of each file that came to be known on days (after, until], as a file of their own."""
    cut = [
        (feed, f"{until}_{name}", [row for row in rows if after < f"{row[KNOWN_BY[feed]]:%Y-%m-%d}" <= until])
        for feed, name, rows in company.files
    ]
    return [file for file in cut if file[2]]


def build(home: Path, parsed: Path, *options: str, **variables: str) -> Rows:
    """Build the segments of a home and read what they hold."""
    dbt_build(home, parsed, "--select", *(f"+{name}" for name in OUTPUTS), *options, **variables)
    with duckdb.connect(str(home / "warehouse" / "segmentry.duckdb"), read_only=True) as connection:
        return {name: connection.execute(f"from segments.{name} order by all").fetchall() for name in OUTPUTS}


def test_replay_finds_the_rows_that_each_day_had(tmp_path: Path, parsed: Path) -> None:
    company, home = company_with_consents(), tmp_path / "home"
    had, before = {}, ""
    for day in map(str, DAYS):
        company.drop(home, known_between(company, before, day))
        had[day], before = build(home, parsed), day
    company.drop(home, known_between(company, before, "9999"))

    replayed = tmp_path / "replayed"
    # links to the files, not to the folder: the engine opens nothing outside its home
    shutil.copytree(home / "raw", replayed / "raw", copy_function=os.link)
    for day, rows in had.items():
        assert {row[4] for row in rows["segment_membership"]} == {DAYS[[*had].index(day)]}
        assert build(replayed, parsed, "--full-refresh", as_of_date=day, known_at=f"{day} 23:59:59") == rows
    first, _, last = (rows["segment_membership"] for rows in had.values())
    # what the last day says of the first day's people is not what the first day said: a replay is not a look back
    assert {row[:4] for row in first} - {row[:4] for row in last}
