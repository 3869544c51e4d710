"""DuckDB connections with the memory that a build may take, instead of most of the machine's."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb


def bounded(connection: duckdb.DuckDBPyConnection, spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Limit a connection to `SEGMENTRY_MEMORY_LIMIT` (3 GB) and turn off its progress bar.

    What does not fit spills to `spill`. Without it, DuckDB spills beside the opened file.
    """
    connection.execute("set enable_progress_bar = false")  # the caller shows progress
    connection.execute("set memory_limit = ?", [os.environ.get("SEGMENTRY_MEMORY_LIMIT", "3GB")])
    if spill is not None:
        connection.execute("set temp_directory = ?", [str(spill)])
    return connection


def open_read_only(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file for reading, within the memory limit."""
    return bounded(duckdb.connect(str(path), read_only=True))
