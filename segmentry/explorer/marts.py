"""The published marts as the explorer reads them: one generation at a time, read only, closed to everything else.

DuckDB hands out the old instance for a path that is still open. Each generation is therefore opened under its own
path, `generations/N/marts.duckdb`, and never under the fixed name that a publish replaces.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from segmentry.errors import UsageError
from segmentry.explorer.pages import parameters
from segmentry.publishing.generation import Generation
from segmentry.publishing.publisher import current_generation

_LOOK_EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Result:
    """Column names, their DuckDB types, and the rows."""

    columns: list[str]
    types: list[str]
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True)
class Snapshot:
    """One generation, open. A request keeps the one it began with, so that a page never mixes two."""

    generation: Generation
    as_of_date: str
    published_at: str
    connection: duckdb.DuckDBPyConnection = field(repr=False)
    segments: dict[str, dict[str, dict[str, Any]]] = field(repr=False)
    comments: dict[str, str] = field(repr=False)

    @classmethod
    def open(cls, generation: Generation) -> Snapshot:
        """Open the file of a generation and read what every page needs."""
        connection = duckdb.connect(
            str(generation.marts),
            read_only=True,
            config={
                "enable_external_access": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "threads": "2",
                "memory_limit": "256MB",
            },
        )
        connection.execute("set enable_progress_bar = false")
        connection.execute("set lock_configuration = true")
        manifest = generation.manifest()
        return cls(
            generation=generation,
            as_of_date=str(manifest.as_of_date or ""),
            published_at=manifest.created_at.isoformat(timespec="minutes"),
            connection=connection,
            segments=_segments(connection),
            comments=_comments(connection),
        )

    def query(self, sql: str, values: Mapping[str, Any], limit: int | None = None, offset: int = 0) -> Result:
        """Run one statement with the parameters that it names, in a cursor of its own."""
        bound = {name: values[name] for name in parameters(sql)}
        if limit is not None:
            sql = f"select * from (\n{sql}\n) limit {int(limit)} offset {int(offset)}"  # noqa: S608 (two integers)
        with self.connection.cursor() as cursor:
            cursor.execute(sql, bound or None)
            description = cursor.description or []
            rows = cursor.fetchall()
        return Result([str(d[0]) for d in description], [str(d[1]) for d in description], rows)


class Marts:
    """Gives the current generation and follows publishes and rollbacks."""

    def __init__(self, published: Path) -> None:
        """Nothing is opened before the first request."""
        self._published = published
        self._lock = threading.Lock()
        self._looked_at = 0.0
        self._seen: tuple[int, int] | None = None
        self._snapshot: Snapshot | None = None

    def current(self) -> Snapshot:
        """The generation that BI reads now. The one before is closed when its last request is over."""
        with self._lock:
            now = time.monotonic()
            if self._snapshot is None or now - self._looked_at >= _LOOK_EVERY_SECONDS:
                self._looked_at = now
                self._look()
            assert self._snapshot is not None  # noqa: S101 (_look opens one or raises)
            return self._snapshot

    def _look(self) -> None:
        try:
            facts = (self._published / "marts.duckdb").stat()
        except FileNotFoundError:
            raise UsageError(
                "nothing is published yet", "Run `segmentry demo`, or land and build your files."
            ) from None
        seen = (facts.st_ino, facts.st_mtime_ns)
        if seen == self._seen:
            return
        generation = current_generation(self._published)
        if generation is None:
            raise UsageError("the published file belongs to no generation", "Run `segmentry build`.")
        if self._snapshot is None or self._snapshot.generation.number != generation.number:
            self._snapshot = Snapshot.open(generation)
        self._seen = seen


def _segments(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, dict[str, Any]]]:
    """Name and position of each segment by dimension: a segment keeps its colour wherever it is drawn."""
    rows = connection.execute(
        "select dimension, segment_key, segment_name, row_number() over (partition by dimension order by sort_order,"
        " segment_key) - 1 from core.dim_segments qualify row_number() over (partition by dimension, segment_key"
        " order by definition_version desc) = 1 order by 1, 4"
    ).fetchall()
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for dimension, key, name, position in rows:
        found.setdefault(dimension, {})[key] = {"name": name, "position": position}
    return found


def _comments(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    rows = connection.execute(
        "select schema_name || '.' || table_name, comment from duckdb_tables() where comment is not null"
        " union all select schema_name || '.' || table_name || '.' || column_name, comment from duckdb_columns()"
        " where comment is not null"
    ).fetchall()
    return dict(rows)
