"""Check a finished generation before it is published. Each check has a name, which its error carries."""

from __future__ import annotations

from pathlib import Path

import duckdb

from segmentry.dbt.manifest import MartContract
from segmentry.duck import open_read_only
from segmentry.errors import AuditFailedError
from segmentry.publishing.generation import STORAGE_VERSION, TableFacts, parquet_path, table_facts


def audit_marts(marts: Path, source: list[TableFacts], contracts: dict[str, MartContract]) -> None:
    """Reopen the file read-only and compare it with the build file and the contracts. Raises AuditFailedError."""
    wal = marts.with_name(marts.name + ".wal")
    if wal.exists():
        raise AuditFailedError("no_wal", f"{wal.name} was left beside the new file")
    with open_read_only(marts) as connection:
        row = connection.execute("select tags['storage_version'] from duckdb_databases() where path is not null")
        version = str((row.fetchone() or ("unknown",))[0])
        if not version.startswith(STORAGE_VERSION):
            raise AuditFailedError("storage_version", f"the new file is in format {version}, not {STORAGE_VERSION}")
        for expected in source:
            _check_copy(expected, table_facts(connection, "marts", expected.name))
            if expected.name in contracts:
                _check_contract(connection, expected.name, contracts[expected.name], expected.columns)


def audit_parquet(folder: Path, source: list[TableFacts]) -> None:
    """Compare the rows and types of the Parquet files with those of the tables. Raises AuditFailedError."""
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


def _check_contract(
    connection: duckdb.DuckDBPyConnection, name: str, contract: MartContract, columns: dict[str, str]
) -> None:
    """Columns and types must be those of the contract, when dbt enforces it."""
    if not contract.enforced:
        return
    expected = {column: _duckdb_type(connection, declared) for column, declared in contract.columns.items()}
    if set(expected) != set(columns):
        missing = ", ".join(sorted(set(expected) - set(columns))) or "none"
        extra = ", ".join(sorted(set(columns) - set(expected))) or "none"
        raise AuditFailedError(
            "contract", f"{name}: columns differ from the contract (missing: {missing}; not declared: {extra})"
        )
    for column, declared in expected.items():
        if columns[column] != declared:
            raise AuditFailedError("contract", f"{name}.{column} is {columns[column]}, the contract says {declared}")


def _duckdb_type(connection: duckdb.DuckDBPyConnection, declared: str | None) -> str:
    """DuckDB's name of a declared type: string is VARCHAR, int is INTEGER."""
    row = connection.execute(f"select typeof(cast(null as {declared}))").fetchone()
    return str(row[0]) if row else ""
