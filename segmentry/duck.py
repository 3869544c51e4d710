"""DuckDB for work over whole tables, with the memory that a build may take instead of most of the machine's."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb


def bounded(connection: duckdb.DuckDBPyConnection, spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """The connection with `SEGMENTRY_MEMORY_LIMIT` (3 GB) and no progress bar.

    What does not fit goes to `spill`, else beside the opened file, which is where DuckDB puts it.
    """
    connection.execute("set enable_progress_bar = false")  # the caller shows progress
    connection.execute("set memory_limit = ?", [os.environ.get("SEGMENTRY_MEMORY_LIMIT", "3GB")])
    if spill is not None:
        connection.execute("set temp_directory = ?", [str(spill)])
    return connection
