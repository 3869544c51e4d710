"""The engines that a build can run on: what dbt needs to reach one, and how its marts come here.

A target that is not listed is refused before dbt starts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from segmentry.config import DEFAULT_TARGET
from segmentry.errors import UsageError
from segmentry.estimators.store import Reader, duckdb_reader

Progress = Callable[[str, int, int], None]
TARGETS = (DEFAULT_TARGET, "spark")


@dataclass(frozen=True)
class Engine:
    """DuckDB: the build file itself holds the marts, there is nothing to fetch."""

    environment: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def reader(self, warehouse: Path) -> Iterator[Reader]:
        """What fits read bounded tables with, between two parts of a build."""
        with duckdb_reader(warehouse) as read:
            yield read

    def clear(self, target_dir: Path) -> None:
        """Drop what the build whose dbt manifest lies in `target_dir` has left on the engine."""

    def fetch_marts(self, warehouse: Path, target_dir: Path, on_progress: Progress | None = None) -> None:
        """Make the DuckDB file `warehouse` out of the marts of the build whose dbt manifest lies in `target_dir`."""


@dataclass(frozen=True)
class Spark(Engine):
    """A thrift server; `home` is where its marts pass through."""

    home: Path = Path()

    @contextmanager
    def reader(self, warehouse: Path) -> Iterator[Reader]:
        """Queries name schemas without the prefix that they have here."""
        from segmentry.spark.marts import read  # noqa: PLC0415

        prefix = self.environment["SEGMENTRY_SCHEMA_PREFIX"]
        export = self.home / "spark" / "export"
        yield lambda sql: read(self.environment, export, sql.replace("intermediate.", f"{prefix}intermediate."))

    def clear(self, target_dir: Path) -> None:
        """Drop its schemas, and so the files that a killed statement left without a table: none is made over them."""
        from segmentry.spark.marts import connect  # noqa: PLC0415

        manifest = target_dir / "manifest.json"
        nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values() if manifest.is_file() else []
        with connect(self.environment) as cursor:
            for schema in sorted({node["schema"] for node in nodes if node["resource_type"] in {"model", "seed"}}):
                cursor.execute(f"drop schema if exists {schema} cascade")

    def fetch_marts(self, warehouse: Path, target_dir: Path, on_progress: Progress | None = None) -> None:
        """Export each mart as Parquet and load it with the types of its contract."""
        from segmentry.publishing.contracts import load_contracts  # noqa: PLC0415 (publishing imports building)
        from segmentry.publishing.generation import MART_SCHEMAS  # noqa: PLC0415
        from segmentry.spark.marts import fetch_marts  # noqa: PLC0415

        prefix = self.environment["SEGMENTRY_SCHEMA_PREFIX"]
        contracts = load_contracts(target_dir, MART_SCHEMAS, prefix)
        fetch_marts(
            self.environment,
            warehouse,
            self.home / "spark" / "export",
            contracts,
            prefix=prefix,
            on_progress=on_progress,
        )


def engine_of(home: Path, target: str, replay: bool = False) -> Engine:
    """The engine of a target, which must answer. Raises UsageError with what to start."""
    if target not in TARGETS:
        raise UsageError(f"no target '{target}'", f"Choose one of: {', '.join(TARGETS)}.")
    if target == DEFAULT_TARGET:
        return Engine()
    from segmentry.spark.cluster import need_cluster  # noqa: PLC0415 (only where Spark builds)

    # replays have schemas of their own, beside those of the ordinary build
    prefix = os.environ.get("SEGMENTRY_SCHEMA_PREFIX", "") + ("replay_" if replay else "")
    return Spark(need_cluster(home) | {"SEGMENTRY_SCHEMA_PREFIX": prefix}, home)
