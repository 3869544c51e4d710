"""Copy the marts of a Spark build into a DuckDB file with the types of their contracts, for publishing.

Spark writes each mart as Parquet below `HOME/spark/export/`, which its executors must be able to reach (on a real
cluster: shared storage), and counts its rows on its own; both must agree.
"""
# ruff: noqa: S608 (statements are made of identifiers of dbt's manifest and quoted paths)

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from segmentry.dbt.manifest import MartContract
from segmentry.duck import bounded
from segmentry.errors import AuditFailedError
from segmentry.files import quoted
from segmentry.progress import Progress

_SESSIONS = 4
# as in profiles.yml: instants are UTC, and Parquet keeps them as such
_SESSION = {
    "set:hivevar:spark.sql.session.timeZone": "UTC",
    "set:hivevar:spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}


@contextmanager
def connect(environment: Mapping[str, str]) -> Iterator[Any]:
    """A PyHive cursor on the thrift server that the environment names."""
    from pyhive import exc, hive  # noqa: PLC0415 (only there with the extra `spark`)

    host, port = environment["SEGMENTRY_SPARK_HOST"], int(environment["SEGMENTRY_SPARK_PORT"])
    connection = hive.connect(host=host, port=port, username="segmentry", configuration=_SESSION)
    try:
        yield connection.cursor()
    finally:
        # Spark's server now and then lacks a class of Hive's when a session ends; its statements are done
        with suppress(exc.Error):
            connection.close()


def read(environment: Mapping[str, str], export: Path, sql: str) -> pa.Table:
    """The (bounded) result of a query, in its order: Spark names its files by the order of rows."""
    with connect(environment) as cursor:
        cursor.execute(f"insert overwrite directory '{quoted(export)}' using parquet {sql}")
    files = sorted(export.glob("*.parquet"))
    table = pa.concat_tables([pq.ParquetFile(path).read() for path in files])
    shutil.rmtree(export)
    return table


def fetch_marts(
    environment: Mapping[str, str],
    target: Path,
    export: Path,
    contracts: Mapping[str, MartContract],
    *,
    prefix: str = "",
    on_progress: Progress | None = None,
) -> None:
    """Write the marts that Spark built into the DuckDB file `target`. Raises AuditFailedError if rows are missing."""
    for path in (target, target.with_name(target.name + ".wal")):
        path.unlink(missing_ok=True)
    shutil.rmtree(export, ignore_errors=True)
    export.mkdir(parents=True)
    names = sorted(contracts)

    def write(name: str) -> int:
        with connect(environment) as cursor:
            rows = f"select * from {prefix}{name}"
            cursor.execute(f"insert overwrite directory '{quoted(export / name)}' using parquet {rows}")
            cursor.execute(f"select count(*) from {prefix}{name}")
            return int(cursor.fetchone()[0])

    with ThreadPoolExecutor(_SESSIONS) as pool, bounded(duckdb.connect(str(target))) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for index, (name, rows) in enumerate(zip(names, pool.map(write, names), strict=True)):
            if on_progress:
                on_progress(name, index, len(names))
            found = _load(connection, export / name, name, contracts[name])
            if found != rows:
                raise AuditFailedError("export_rows", f"{name}: {found} rows were exported, Spark has {rows}")
    shutil.rmtree(export, ignore_errors=True)


def _load(connection: duckdb.DuckDBPyConnection, folder: Path, name: str, contract: MartContract) -> int:
    schema, table = name.split(".", 1)
    connection.execute(f'create schema if not exists "{schema}"')
    files = sorted(str(path) for path in folder.glob("*.parquet"))
    if files:
        source = connection.execute("describe select * from read_parquet(?)", [files]).fetchall()
        columns = [
            f'cast("{column}" as {contract.columns.get(column) or type_}) as "{column}"' for column, type_, *_ in source
        ]
        connection.execute(
            f'create table "{schema}"."{table}" as select {", ".join(columns)} from read_parquet(?)', [files]
        )
    else:
        columns = [f'"{column}" {type_}' for column, type_ in contract.columns.items()]
        connection.execute(f'create table "{schema}"."{table}" ({", ".join(columns)})')
    (rows,) = connection.execute(f'select count(*) from "{schema}"."{table}"').fetchone() or (0,)
    return int(rows)
