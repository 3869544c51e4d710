"""Lands and builds one preset in a folder of its own, and reads what came of it."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_process import run_dbt

from segmentry.config import find_project, resolve_vars
from segmentry.contracts import load_contracts
from segmentry.landing import land

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared" / "data"
LANDED_AT = datetime(2026, 1, 1, tzinfo=UTC)


def needs_shared(name: str) -> pytest.MarkDecorator:
    """Skips where the data set does not lie beside the project."""
    return pytest.mark.skipif(
        not (SHARED / name).is_dir(), reason=f"no data set ../shared/data/{name} beside the project"
    )


def truth(name: str) -> dict[str, Any]:
    """Results by figure of the data set's truth.json."""
    content = json.loads((SHARED / name / "truth.json").read_text(encoding="utf-8"))
    return {figure: entry["result"] for figure, entry in content["figures"].items()}


@dataclass(frozen=True)
class Ledgered:
    """What became of the records of one table: records = counted + sum(quarantined) + duplicates."""

    table: str
    records: int
    counted: int
    quarantined: dict[str, int]
    duplicates: int

    @property
    def counts(self) -> tuple[int, int, int, int]:
        return self.records, self.counted, sum(self.quarantined.values()), self.duplicates

    @property
    def is_conserved(self) -> bool:
        return self.records == sum(self.counts[1:])


@dataclass(frozen=True)
class PresetWarehouse:
    """A built preset; `home` is its SEGMENTRY_HOME."""

    preset: str
    home: Path
    connection: duckdb.DuckDBPyConnection

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def row(self, sql: str) -> tuple[Any, ...]:
        (only,) = self.rows(sql)
        return only

    def ledger(self) -> dict[str, Ledgered]:
        """Each source table, from landing's ledger, quarantine, raw files and the model in which a row counts once."""
        landed = self.rows(
            f"select feed, sum(records) from '{self.home}/raw/_ledger/*.parquet' group by feed order by feed"
        )
        return {feed.removeprefix(f"{self.preset}__"): self._ledgered(feed, int(records)) for feed, records in landed}

    def trusted_ledger(self) -> dict[str, tuple[int, int, int, int]]:
        """What the mart says of each source table: records, accepted, quarantined, duplicates."""
        rows = self.rows("""
            select feed, sum(records), sum(accepted), sum(quarantined), sum(duplicates)
            from trust.feed_ledger group by feed order by feed""")
        return {feed.removeprefix(f"{self.preset}__"): tuple(map(int, counts)) for feed, *counts in rows}

    def _ledgered(self, feed: str, records: int) -> Ledgered:
        table = feed.removeprefix(f"{self.preset}__")
        quarantined = {}
        if any((self.home / "raw" / "_quarantine" / feed).glob("*.parquet")):
            files = f"'{self.home}/raw/_quarantine/{feed}/*.parquet'"
            quarantined = dict(self.rows(f"select reasons, count(*) from {files} group by 1 order by 1"))
        (counted,) = self.row(f"select count(*) from staging.base_{self.preset}__{table}")
        (duplicates,) = self.row(
            f"select count(*) from '{self.home}/raw/{feed}/*.parquet' as raw"
            f" anti join staging.base_{self.preset}__{table} as winners using (_load_id, _row)"
        )
        return Ledgered(table, records, counted, quarantined, duplicates)


def unnoticed(warehouse: PresetWarehouse, folder: Path, breaks: Mapping[str, str]) -> dict[str, str]:
    """The laws (singular tests of the build) that do not notice what breaks them; `breaks` has one change for each.

    All of them held in the build, or it would have failed.
    """
    results = json.loads((warehouse.home / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    laws = {result["unique_id"]: result["compiled_code"] for result in results}
    with _copied(warehouse, folder) as copy:
        return {
            law: change for law, change in breaks.items() if not _notices(copy, change, laws[f"test.segmentry.{law}"])
        }


def unproved_parts(warehouse: PresetWarehouse, folder: Path) -> tuple[set[str], set[str]]:
    """Columns that a `segments_sum_to_total` names: those whose total may differ without notice, and those
    of which the data set has nothing.
    """
    target = warehouse.home / "target"
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    missed, absent = set(), set()
    with _copied(warehouse, folder) as copy:
        for result in results:
            test = nodes.get(result["unique_id"], {})
            if test.get("test_metadata", {}).get("name") != "segments_sum_to_total":
                continue
            mart = nodes[test["attached_node"]]
            for column in test["test_metadata"]["kwargs"]["columns"]:
                a_total = f"from {mart['relation_name']} where segment_dimension = 'all' and {column} is not null"
                change = (
                    f"update {mart['relation_name']} set {column} = {column} + 1"
                    f" where rowid = (select min(rowid) {a_total})"
                )
                if copy.execute(f"select count(*) {a_total}").fetchall() == [(0,)]:
                    absent.add(f"{mart['name']}.{column}")
                elif not _notices(copy, change, result["compiled_code"]):
                    missed.add(f"{mart['name']}.{column}")
    return missed, absent


@contextmanager
def _copied(warehouse: PresetWarehouse, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the warehouse that may be changed, under the name by which compiled SQL knows it."""
    file = warehouse.home / "warehouse" / "segmentry.duckdb"
    shutil.copy(file, folder / file.name)
    with duckdb.connect(str(folder / file.name)) as connection:
        yield connection


def _notices(copy: duckdb.DuckDBPyConnection, change: str, law: str) -> bool:
    copy.execute("begin")
    try:
        ((changed,),) = copy.execute(change).fetchall()
        assert changed > 0, f"nothing to change: {change}"
        return bool(copy.execute(law).fetchall())
    finally:
        copy.execute("rollback")


def build_preset(preset: str, home: Path, source: Path | None, parsed: Path, select: str = "*") -> PresetWarehouse:
    """Prepare, land and `dbt build --select` a preset below `home`; `parsed` is dbt's parse under the preset."""
    import_module(f"segmentry.presets.{preset}").prepare(home / "inbox", source)
    project = find_project()
    refused = [
        f for f in land(home, load_contracts(project / "contracts", preset), now=LANDED_AT) if f.status != "landed"
    ]
    assert refused == []
    arguments = ["--quiet", "build", "--select", select, "--indirect-selection", "cautious"]
    arguments += ["--exclude-resource-type", "unit_test"]
    run_dbt(home, *arguments, target=home / "target", parsed=parsed, variables=resolve_vars(project, preset))
    return PresetWarehouse(preset, home, duckdb.connect(str(home / "warehouse" / "segmentry.duckdb"), read_only=True))


def markdown(ledger: dict[str, Ledgered]) -> str:
    """The conservation ledger as a table."""
    lines = ["| table | records | counted | quarantined | duplicates |", "|---|---:|---:|---|---:|"]
    for entry in ledger.values():
        reasons = ", ".join(f"{reason} {rows:,}" for reason, rows in entry.quarantined.items()) or "0"
        lines.append(f"| {entry.table} | {entry.records:,} | {entry.counted:,} | {reasons} | {entry.duplicates:,} |")
    return "\n".join(lines)
