"""The last look at a finished generation before it may be published. Every check has a name that errors carry."""

from __future__ import annotations

from pathlib import Path

import duckdb

from segmentry.duck import bounded
from segmentry.errors import AuditFailedError
from segmentry.publishing.contracts import ModelContract, check_types
from segmentry.publishing.generation import STORAGE_VERSION, TableFacts, parquet_path, table_facts


def audit_marts(marts: Path, source: list[TableFacts], contracts: dict[str, ModelContract]) -> None:
    """Reopen the file read-only and hold it against the build file and the contracts. Raises AuditFailedError."""
    wal = marts.with_name(marts.name + ".wal")
    if wal.exists():
        raise AuditFailedError("no_wal", f"{wal.name} was left beside the new file")
    with bounded(duckdb.connect(str(marts), read_only=True)) as connection:
        row = connection.execute("select tags['storage_version'] from duckdb_databases() where path is not null")
        version = str((row.fetchone() or ("unknown",))[0])
        if not version.startswith(STORAGE_VERSION):
            raise AuditFailedError("storage_version", f"the new file is in format {version}, not {STORAGE_VERSION}")
        for expected in source:
            _check_copy(expected, table_facts(connection, "marts", expected.name))
            if expected.name in contracts:
                check_types(connection, expected.name, contracts[expected.name], expected.columns)


def audit_parquet(folder: Path, source: list[TableFacts]) -> None:
    """Hold the Parquet files against the tables: rows and types. Raises AuditFailedError."""
    with duckdb.connect() as connection:
        for expected in source:
            path = str(parquet_path(folder, expected.name))
            rows = (connection.execute("select num_rows from parquet_file_metadata(?)", [path]).fetchone() or (-1,))[0]
            if rows != expected.rows:
                raise AuditFailedError("parquet_rows", f"{expected.name}: {rows} rows, the table has {expected.rows}")
            described = connection.execute("describe select * from read_parquet(?)", [path]).fetchall()
            if {name: type_ for name, type_, *_ in described} != expected.columns:
                raise AuditFailedError("parquet_types", f"{expected.name}: Parquet does not keep the column types")


def _check_copy(expected: TableFacts, found: TableFacts) -> None:
    if found.rows != expected.rows:
        raise AuditFailedError("row_counts", f"{expected.name}: {found.rows} rows, the build has {expected.rows}")
    if found.columns != expected.columns:
        raise AuditFailedError("columns", f"{expected.name}: columns or types differ from the build")
    if found.fingerprint != expected.fingerprint:
        raise AuditFailedError("fingerprints", f"{expected.name}: the rows differ from the build")
