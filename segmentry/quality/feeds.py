"""Suites over the feeds: compare a new file with its contract and with the weeks before.

A row that breaks its contract is in quarantine already. These suites find what no single row shows: half a day is
missing, a column became empty, cents came instead of euros, the mix of values is unlike before.
"""
# ruff: noqa: S608 (statements are made of contract names and of paths that are quoted)

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import duckdb

from segmentry.config import Settings, quarantine_limit
from segmentry.contracts import Column, Contract
from segmentry.files import quoted
from segmentry.landing.held_files import RELEASED
from segmentry.landing.ledger import LedgerRow, read_rows
from segmentry.publishing import current_generation
from segmentry.quality.results import Suite
from segmentry.quality.rules import Limits, Rule, validate
from segmentry.quality.thresholds import FeedMeasure, FeedThresholds, load_thresholds

if TYPE_CHECKING:
    import pandas as pd

_FORMATS = {"iso4217": r"^[A-Z]{3}$", "iso3166_alpha2": r"^[A-Z]{2}$"}
_NUMBERS = ("BIGINT", "DOUBLE", "DECIMAL")
_FILES_BY_THEMSELVES = 20


@dataclass(frozen=True)
class Batch:
    """Files of a feed that are checked together, and the ledger rows of earlier files."""

    feed: str
    files: tuple[LedgerRow, ...]
    before: tuple[LedgerRow, ...]

    @property
    def load_ids(self) -> list[int]:
        """Load ids of the files."""
        return [row.load_id for row in self.files]

    @property
    def name(self) -> str:
        """The file, or how many there are."""
        names = [f"{row.file_name} (load {row.load_id})" for row in self.files]
        return names[0] if len(names) == 1 else f"{len(names)} files (loads {self.load_ids[0]} to {self.load_ids[-1]})"


def new_batches(settings: Settings, contracts: Mapping[str, Contract]) -> list[Batch]:
    """The landed files that are in no published generation and were not released.

    A file is a batch, so that a bad one is held alone. The files of a first import or a long absence are one batch.
    """
    current = current_generation(settings.published)
    since = current.manifest().max_load_id if current else 0
    landed: dict[str, list[LedgerRow]] = {}
    for row in read_rows(settings.raw):
        if row.status == "landed" and row.feed in contracts:
            landed.setdefault(row.feed, []).append(row)
    batches = []
    for feed, rows in sorted(landed.items()):
        before = tuple(row for row in rows if row.load_id <= since)
        new = [row for row in rows if row.load_id > since and row.reason != RELEASED]
        alone = before and len(new) <= _FILES_BY_THEMSELVES
        groups = [[row] for row in new] if alone else [new] if new else []
        batches += [Batch(feed, tuple(group), before) for group in groups]
    return batches


def check_batch(settings: Settings, preset: str, contract: Contract, batch: Batch) -> Suite:
    """Run the suites of a batch: rules of the contract over a sample, and measures against quality.yml."""
    thresholds = load_thresholds(settings.project_dir).feeds
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute("set memory_limit = '2GB'")
        reader = _Reader(connection, settings.raw, contract, batch, thresholds)
        measures, sample = reader.measures(), reader.sample()
    outcomes = validate(measures, list(_measure_rules(thresholds, measures, quarantine_limit(settings, preset))))
    outcomes += validate(sample, list(_contract_rules(contract))) if len(sample) else []
    return Suite(asset=contract.name, subject=batch.name, outcomes=outcomes)


def _contract_rules(contract: Contract) -> Iterator[Rule]:
    """The contract's rules for each row, checked again after landing."""
    yield Rule("schema", "columns", "", "error", tuple(column.name for column in contract.columns))
    for column in contract.columns:
        if column.required:
            yield Rule("values", "not_null", column.name, "error")
        if column.values:
            yield Rule("values", "in_set", column.name, "error", column.values)
        if column.format in _FORMATS:
            yield Rule("values", "matches", column.name, "error", _FORMATS[column.format])
        if column.minimum is not None or column.maximum is not None:
            yield Rule("values", "between", column.name, "error", Limits(column.minimum, column.maximum))


def _measure_rules(thresholds: FeedThresholds, frame: pd.DataFrame, quarantine: float) -> Iterator[Rule]:
    """The thresholds of every measure in the frame. `null_shift__city` has the threshold of `null_shift`."""
    for name in frame.columns:
        family = str(name).partition("__")[0]
        threshold = thresholds.measures.get(cast(FeedMeasure, family))
        if threshold is not None:
            yield from threshold.rules(threshold.check, str(name))
        if family == "quarantined_share":
            yield Rule("values", "between", str(name), "error", Limits(None, quarantine))


@dataclass(frozen=True)
class _Reader:
    """Reads the rows of a batch and of what came before it."""

    connection: duckdb.DuckDBPyConnection
    raw: Path
    contract: Contract
    batch: Batch
    thresholds: FeedThresholds

    def sample(self) -> pd.DataFrame:
        """A repeatable sample of rows with the contract's columns."""
        new = self._relation(self.batch.files)
        if new is None:
            return self.connection.execute("select null limit 0").df()
        numbers = {c.name for c in self.contract.columns if c.physical_type.startswith(_NUMBERS)}
        columns = ", ".join(
            f'"{c.name}"::double as "{c.name}"' if c.name in numbers else f'"{c.name}"' for c in self._columns
        )
        return self.connection.execute(
            f"select {columns} from {new} order by hash(_load_id, _row), _load_id, _row limit ?",
            [self.thresholds.sample_rows],
        ).df()

    def measures(self) -> pd.DataFrame:
        """One row with every measure. Comparisons need enough rows on both sides."""
        import pandas as pd  # noqa: PLC0415

        files = self.batch.files
        records = sum(row.records for row in files)
        extra = {name for row in files for name in (row.extra_columns or "").split(",") if name}
        found: dict[str, float | None] = {
            "quarantined_share": sum(row.quarantined for row in files) / records if records else 0.0,
            "extra_columns": float(len(extra)),
        }
        new, base = self._relation(files), self._relation(self.batch.before, trailing=True)
        if new is not None:
            now = self._aggregates(new)
            landed = max(row.landed_at for row in files)
            found["days_since_received"] = _days(now.get("newest"), landed)
            if base is not None:
                then = self._aggregates(base)
                if then["rows"] < self.thresholds.min_rows:  # a small feed: everything before
                    base = self._relation(self.batch.before) or base
                    then = self._aggregates(base)
                if min(now["rows"], then["rows"]) >= self.thresholds.min_rows:
                    found |= self._compared(now, then, new, base)
        return pd.DataFrame([found])

    def _compared(self, now: dict[str, Any], then: dict[str, Any], new: str, base: str) -> dict[str, float | None]:
        found: dict[str, float | None] = {}
        if self.contract.known_at:
            found["volume_ratio"] = (now["rows"] / now["days"]) / (then["rows"] / then["days"])
        keys = ", ".join(f'"{name}"' for name in self.contract.dedup_key)
        if keys:
            everything = self._relation(self.batch.before)
            known = f"select count(*) from {new} where ({keys}) in (select ({keys}) from {everything})"
            found["duplicate_share"] = self._one(known)[0] / now["rows"]
        for column in self.contract.columns:
            name = column.name
            if not column.required:
                found[f"null_shift__{name}"] = abs(now[f"null__{name}"] - then[f"null__{name}"])
            if column.physical_type.startswith(_NUMBERS):
                found |= self._compared_numbers(name, now, then)
        for name in self._mixed_columns():
            found[f"value_shift__{name}"] = self._one(
                f"with a as (select {name} as v, count(*) as n from {new} where {name} is not null group by 1),"
                f" b as (select {name} as v, count(*) as n from {base} where {name} is not null group by 1)"
                " select sum(abs(coalesce(a.n / (select sum(n) from a), 0)"
                " - coalesce(b.n / (select sum(n) from b), 0))) / 2"
                f" from a full join b using (v) having (select sum(n) from a) >= {self.thresholds.min_rows}"
                f" and (select sum(n) from b) >= {self.thresholds.min_rows}"
            )[0]
        return found

    def _compared_numbers(self, name: str, now: dict[str, Any], then: dict[str, Any]) -> dict[str, float | None]:
        """Of the values that are there, each only where both sides have enough of them: a column may be sparse.

        Size is that of the values other than 0, without sign: refunds do not cancel charges, and more discounts are
        not larger ones.
        """
        found: dict[str, float | None] = {}
        if min(now[f"filled__{name}"], then[f"filled__{name}"]) >= self.thresholds.min_rows:
            zeros = [side[f"zeros__{name}"] / side[f"filled__{name}"] for side in (now, then)]
            found[f"zero_shift__{name}"] = abs(zeros[0] - zeros[1])
        if min(side[f"filled__{name}"] - side[f"zeros__{name}"] for side in (now, then)) >= self.thresholds.min_rows:
            found[f"mean_ratio__{name}"] = now[f"size__{name}"] / then[f"size__{name}"]
        return found

    def _mixed_columns(self) -> list[str]:
        named = self.thresholds.mixes.get(self.contract.name, [])
        return [column.name for column in self.contract.columns if column.values or column.name in named]

    def _aggregates(self, relation: str) -> dict[str, Any]:
        parts = ["count(*) as rows"]
        if self.contract.known_at:
            known = f'"{self.contract.known_at}"'
            parts += [f"max({known}) as newest", f"count(distinct cast({known} as date)) as days"]
        for column in self.contract.columns:
            if not column.required:
                parts.append(f'avg(("{column.name}" is null)::int) as "null__{column.name}"')
            if column.physical_type.startswith(_NUMBERS):
                parts.append(f'count("{column.name}") as "filled__{column.name}"')
                parts.append(f'count(*) filter ("{column.name}" = 0) as "zeros__{column.name}"')
                parts.append(f'avg(abs("{column.name}")) filter ("{column.name}" <> 0) as "size__{column.name}"')
        result = self.connection.execute(f"select {', '.join(parts)} from {relation}")
        names = [column[0] for column in result.description or []]
        return dict(zip(names, result.fetchone() or (), strict=True))

    @property
    def _columns(self) -> Sequence[Column]:
        """The contract's columns that the files have. The schema check names the others."""
        described = self._one_column(f"describe select * from {self._relation(self.batch.files)}")
        return [column for column in self.contract.columns if column.name in described]

    def _relation(self, rows: Sequence[LedgerRow], *, trailing: bool = False) -> str | None:
        """A subquery over the accepted rows of these loads; None when there are none."""
        folder = self.raw / self.contract.name
        paths = [str(path) for row in rows for path in sorted(folder.glob(f"{row.load_id:08d}-*.parquet"))]
        if not paths:
            return None
        listed = ", ".join(f"'{quoted(Path(path))}'" for path in paths)
        files = f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
        known = self.contract.known_at
        if not trailing or known is None:
            return f"(select * from {files})"
        newest = f"(select max({known}) from {files})"
        return f"(select * from {files} where {known} >= {newest} - interval {self.thresholds.trailing_days} day)"

    def _one(self, sql: str) -> tuple[Any, ...]:
        return self.connection.execute(sql).fetchone() or (None,)

    def _one_column(self, sql: str) -> set[str]:
        return {row[0] for row in self.connection.execute(sql).fetchall()}


def _days(newest: datetime | None, landed: datetime) -> float | None:
    return None if newest is None or not isinstance(newest, datetime) else (landed - newest).total_seconds() / 86400
