"""The engines that a build can run on: what dbt needs to reach one, and how its marts get here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from segmentry.config import DEFAULT_TARGET
from segmentry.dbt.manifest import mart_contracts, read_manifest, schemas
from segmentry.errors import UsageError
from segmentry.estimators.store import Reader, duckdb_reader
from segmentry.progress import Progress
from segmentry.spark import marts
from segmentry.spark.cluster import need_cluster

TARGETS = (DEFAULT_TARGET, "spark")


@dataclass(frozen=True)
class Engine:
    """DuckDB: the build file holds the marts, and there is nothing to copy."""

    environment: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def reader(self, warehouse: Path) -> Iterator[Reader]:
        """What the fits read their input with, between the two parts of a build."""
        with duckdb_reader(warehouse) as read:
            yield read

    def clear(self, target_dir: Path) -> None:
        """Drop what an earlier build left on the engine; its manifest is in `target_dir`."""

    def fetch_marts(self, warehouse: Path, target_dir: Path, on_progress: Progress | None = None) -> None:
        """Copy the marts into the DuckDB file `warehouse`; the build's manifest is in `target_dir`."""


@dataclass(frozen=True)
class Spark(Engine):
    """A thrift server. Its marts are exported below `home`."""

    home: Path = Path()

    @contextmanager
    def reader(self, warehouse: Path) -> Iterator[Reader]:
        """Queries name schemas without the prefix that they have here."""
        prefix = self.environment["SEGMENTRY_SCHEMA_PREFIX"]
        export = self.home / "spark" / "export"
        yield lambda sql: marts.read(self.environment, export, sql.replace("intermediate.", f"{prefix}intermediate."))

    def clear(self, target_dir: Path) -> None:
        """Drop the schemas, and with them files that a killed statement left: Spark makes no table over such files."""
        with marts.connect(self.environment) as cursor:
            for schema in schemas(read_manifest(target_dir)):
                cursor.execute(f"drop schema if exists {schema} cascade")

    def fetch_marts(self, warehouse: Path, target_dir: Path, on_progress: Progress | None = None) -> None:
        """Export each mart as Parquet and load it with the types of its contract."""
        prefix = self.environment["SEGMENTRY_SCHEMA_PREFIX"]
        contracts = mart_contracts(read_manifest(target_dir), prefix)
        export = self.home / "spark" / "export"
        marts.fetch_marts(self.environment, warehouse, export, contracts, prefix=prefix, on_progress=on_progress)


def engine_of(home: Path, target: str, replay: bool = False) -> Engine:
    """The engine of a target. Raises UsageError for an unknown one, and when the engine does not answer."""
    if target not in TARGETS:
        raise UsageError(f"no target '{target}'", f"Choose one of: {', '.join(TARGETS)}.")
    if target == DEFAULT_TARGET:
        return Engine()
    # replays have schemas of their own, beside those of the ordinary build
    prefix = os.environ.get("SEGMENTRY_SCHEMA_PREFIX", "") + ("replay_" if replay else "")
    return Spark(need_cluster(home) | {"SEGMENTRY_SCHEMA_PREFIX": prefix}, home)
