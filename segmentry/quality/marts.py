"""Suites over the marts of a build, before they are published: shares, segments, week on week, rows kept."""
# ruff: noqa: S608 (statements are made of names from dbt's manifest and quality.yml)

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from segmentry.config import Settings
from segmentry.dbt.manifest import MART_SCHEMAS
from segmentry.duck import open_read_only
from segmentry.files import quoted
from segmentry.publishing import current_generation
from segmentry.quality.results import Suite
from segmentry.quality.rules import Limits, Rule, validate
from segmentry.quality.thresholds import MartThresholds, load_thresholds
from segmentry.warehouse import BuildRecord

ROWS, SHARES, SEGMENTS, WEEKS, CLOCK = "rows_kept", "shares", "segment_shares", "week_on_week", "clock"

Measured = tuple[str, float | None, Callable[[str], list[Rule]]]
"""A measure's name and value, and its rules by the name of its column."""


def mart_checks(thresholds: MartThresholds, columns: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Which checks each mart has; `columns` are those of every mart by `schema.table`.

    What `trust` tells of the data may shrink with every build: it is not held to the rows it had.
    """
    weekly = {name.partition(".")[0] for name in thresholds.week_on_week}
    found = {mart: set() if mart.startswith("trust.") else {ROWS} for mart in columns}
    for mart, names in columns.items():
        table = mart.partition(".")[2]
        found[mart] |= {SHARES} if share_columns(names) else set()
        found[mart] |= {WEEKS, CLOCK} if table in weekly else set()
        found[mart] |= {SEGMENTS} if table == "segment_membership" else set()
    return found


def share_columns(columns: set[str]) -> list[str]:
    """Columns that are shares of a whole, by their name or by an interval beside them. A lift is not a share."""
    shares = {name for name in columns if name.endswith("_share") or f"{name}_ci_low" in columns}
    return sorted(name for name in shares if not name.endswith("lift"))


def check_marts(settings: Settings, record: BuildRecord, today: date) -> list[Suite]:
    """Run the suites of every mart of a build, compared with the published ones. The caller holds the writer lock."""
    thresholds = load_thresholds(settings.project_dir).marts
    with open_read_only(record.warehouse) as connection:
        current = current_generation(settings.published)
        if current is not None:
            connection.execute(f"attach '{quoted(current.marts)}' as published (read_only)")
        looker = _Looker(connection, thresholds, _tables(connection, record.warehouse), today)
        published = _tables(connection, Path("published")) if current else {}
        measured = {mart: list(looker.measures(mart, published)) for mart in looker.tables}
    return [_suite(mart, found) for mart, found in measured.items() if found]


def _suite(mart: str, found: list[Measured]) -> Suite:
    import pandas as pd  # noqa: PLC0415

    frame = pd.DataFrame([{name: value for name, value, _ in found}])
    rules = [rule for name, _, rules in found for rule in rules(name)]
    return Suite(asset=mart, subject="build", outcomes=validate(frame, rules))


class _Looker:
    """Takes the measures of marts."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        thresholds: MartThresholds,
        tables: dict[str, set[str]],
        today: date,
    ) -> None:
        self._connection, self._thresholds, self.tables, self._today = connection, thresholds, tables, today

    def measures(self, mart: str, published: Mapping[str, set[str]]) -> Iterator[Measured]:
        checks = mart_checks(self._thresholds, self.tables)[mart]
        if ROWS in checks:
            rows = self._value(f"select count(*) from {mart}")
            before = self._value(f"select count(*) from published.{mart}") if mart in published else None
            kept = rows / before if before else None
            yield "rows_kept", kept, lambda name: self._thresholds.rows_kept.rules(ROWS, name)
        if SHARES in checks:
            yield from self._shares(mart)
        if WEEKS in checks:
            yield from self._weeks(mart)
        if SEGMENTS in checks:
            yield from self._segments(mart, mart in published)

    def _shares(self, mart: str) -> Iterator[Measured]:
        """How many rows have a share outside 0 to 1. Any is an error."""
        for column in share_columns(self.tables[mart]):
            outside = self._value(
                f"select count(*) from {mart} where {column} not between 0 and 1 or isnan({column}::double)"
            )
            yield (
                f"rows_outside__{column}",
                outside,
                lambda name: [Rule(SHARES, "between", name, "error", Limits(None, 0))],
            )

    def _weeks(self, mart: str) -> Iterator[Measured]:
        for name, threshold in self._thresholds.week_on_week.items():
            table, _, column = name.partition(".")
            if mart.endswith(f".{table}"):
                weeks = self._connection.execute(
                    f"select {column}::double from {mart} where period_grain = 'week' and segment_dimension = 'all'"
                    " and is_complete order by period_start desc limit 2"
                ).fetchall()
                change = (
                    weeks[0][0] / weeks[1][0] if len(weeks) == 2 and weeks[0][0] is not None and weeks[1][0] else None
                )
                yield f"week_on_week__{column}", change, lambda of, t=threshold: t.rules(WEEKS, of)  # type: ignore[misc]
        behind = self._value(f"select max(as_of_date) from {mart}")
        days = float((self._today - behind).days) if behind else None
        yield "days_behind", days, lambda name: self._thresholds.days_behind.rules(CLOCK, name)

    def _segments(self, mart: str, is_published: bool) -> Iterator[Measured]:
        limits = self._thresholds
        share = "count(*) / sum(count(*)) over (partition by dimension)"
        now = f"select dimension, segment_key, {share} as share from {mart} group by 1, 2"
        then = now.replace(f"from {mart}", f"from published.{mart}") if is_published else f"{now} having false"
        rows = self._connection.execute(
            f"with now as ({now}), before as ({then}), shares as ("
            " select dimension, segment_key, now.share as share, before.share as old"
            " from now full join before using (dimension, segment_key))"
            " select dimension, coalesce(sum(share) filter (segment_key = 'unknown'), 0),"
            " coalesce(sum(share) filter (segment_key <> 'unknown'), 0)"
            " / nullif(sum(old) filter (segment_key <> 'unknown'), 0), max(share),"
            " case when count(old) > 0 then sum(abs(coalesce(share, 0) - coalesce(old, 0))) / 2 end"
            # an audience is one segment by nature, and never the segment `unknown`
            " from shares group by dimension"
            " having (count(*) > 1 or any_value(segment_key) = 'unknown') and count(share) > 0 order by dimension"
        ).fetchall()
        for dimension, unknown, known_kept, largest, shift in rows:
            yield f"unknown_share__{dimension}", unknown, lambda name: limits.unknown_share.rules(SEGMENTS, name)
            yield f"known_kept__{dimension}", known_kept, lambda name: limits.known_kept.rules(SEGMENTS, name)
            yield f"largest_share__{dimension}", largest, lambda name: limits.largest_share.rules(SEGMENTS, name)
            yield f"segment_shift__{dimension}", shift, lambda name: limits.segment_shift.rules(SEGMENTS, name)
        least = min((unknown for _, unknown, *_ in rows), default=None)
        yield "least_unknown_share", least, lambda name: limits.least_unknown_share.rules(SEGMENTS, name)

    def _value(self, sql: str) -> Any:
        row = self._connection.execute(sql).fetchone()
        return row[0] if row else None


def _tables(connection: duckdb.DuckDBPyConnection, file: Path) -> dict[str, set[str]]:
    """Columns of every mart of an attached file by `schema.table`."""
    rows = connection.execute(
        "select schema_name || '.' || table_name, list(column_name) from duckdb_columns()"
        " where database_name = ? and list_contains(?, schema_name) group by all order by all",
        [file.stem, list(MART_SCHEMAS)],
    ).fetchall()
    return {name: set(columns) for name, columns in rows}
