"""A generation: one folder with the marts as a DuckDB file, the same tables as Parquet, and a manifest.

Published files are in DuckDB's 1.2 storage format, which every BI driver since then opens.
"""
# ruff: noqa: S608 (statements are made of quoted identifiers only)

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
from pydantic import BaseModel

from segmentry.dbt.manifest import MART_SCHEMAS, MartContract
from segmentry.duck import bounded, open_read_only
from segmentry.errors import AuditFailedError
from segmentry.files import fsync, quoted, write_text
from segmentry.progress import Progress

STORAGE_VERSION = "v1.2.0"
# up to here sorting costs less than it saves: the same rows give the same order, and filters skip row groups
_SORTED_UP_TO_ROWS = 2_000_000


class TableFacts(BaseModel):
    """A table as it was copied. The fingerprint does not depend on the order of rows."""

    name: str
    rows: int
    columns: dict[str, str]
    fingerprint: str


class Manifest(BaseModel):
    """The tables and inputs of a generation, kept in its folder as manifest.json."""

    generation: int
    run_id: str
    created_at: datetime
    preset: str
    as_of_date: date | None
    git_revision: str | None
    dbt_invocation_id: str | None
    duckdb_version: str
    input_batches: int
    max_load_id: int
    sha256: str
    tables: list[TableFacts]

    @property
    def rows(self) -> int:
        """Rows over all tables."""
        return sum(table.rows for table in self.tables)


class Generation(BaseModel):
    """A complete generation on disk."""

    number: int
    folder: Path

    @property
    def marts(self) -> Path:
        """The DuckDB file."""
        return self.folder / "marts.duckdb"

    def manifest(self) -> Manifest:
        """What it contains."""
        return Manifest.model_validate_json((self.folder / "manifest.json").read_text(encoding="utf-8"))


def generations(root: Path) -> list[Generation]:
    """Complete generations of a publication root (the published folder, or that of a replay), oldest first."""
    folders = [f for f in (root / "generations").glob("[0-9]*") if (f / "manifest.json").is_file()]
    return sorted((Generation(number=int(f.name), folder=f) for f in folders), key=lambda g: g.number)


def copy_marts(
    build_file: Path, target: Path, contracts: dict[str, MartContract], on_progress: Progress | None = None
) -> list[TableFacts]:
    """Copy every mart of the build file into a new file at `target` and close it. Facts are those of the source.

    With contracts (from dbt's manifest), only tables that dbt knows are copied, so that the table of a removed model is
    not published. Raises AuditFailedError if one is missing.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    alias = build_file.stem
    facts: list[TableFacts] = []
    with bounded(duckdb.connect(), spill=build_file.parent / "tmp") as connection:
        connection.execute(f"attach '{quoted(build_file)}' as {_name(alias)} (read_only)")
        connection.execute(f"attach '{quoted(target)}' as marts (storage_version '{STORAGE_VERSION}')")
        names = _mart_names(connection, alias, contracts)
        for index, name in enumerate(names):
            if on_progress:
                on_progress(name, index, len(names))
            facts.append(_copy_table(connection, alias, name, contracts.get(name)))
        connection.execute("checkpoint marts")
        connection.execute("detach marts")
    return facts


def table_facts(connection: duckdb.DuckDBPyConnection, catalog: str, name: str) -> TableFacts:
    """Rows, columns with types, and fingerprint of one table."""
    relation = _relation(catalog, name)
    rows, mixed, added = _one(
        connection, f"select count(*), coalesce(bit_xor(hash(t)), 0), coalesce(sum(hash(t)), 0) from {relation} as t"
    )
    columns = {row[0]: row[1] for row in connection.execute(f"describe {relation}").fetchall()}
    return TableFacts(name=name, rows=rows, columns=columns, fingerprint=f"{mixed:016x}-{added:x}")


def export_parquet(marts: Path, folder: Path, facts: list[TableFacts], on_progress: Progress | None = None) -> None:
    """Write each table of a marts file to `<folder>/<schema>/<table>/part-0.parquet`, in the table's order."""
    with open_read_only(marts) as connection:
        for index, table in enumerate(facts):
            if on_progress:
                on_progress(table.name, index, len(facts))
            path = parquet_path(folder, table.name)
            path.parent.mkdir(parents=True)
            connection.execute(
                f"copy {_relation('marts', table.name)} to '{quoted(path)}' (format parquet, compression zstd)"
            )
            fsync(path)


def parquet_path(folder: Path, name: str) -> Path:
    """Where a table's Parquet file is in `folder`."""
    schema, table = name.split(".", 1)
    return folder / schema / table / "part-0.parquet"


def seal(folder: Path, manifest: Manifest) -> None:
    """Make a finished folder durable: files read-only and flushed, the manifest last, which marks it complete."""
    marts = folder / "marts.duckdb"
    marts.chmod(0o444)
    fsync(marts)
    for inner in folder.rglob("*/"):
        fsync(inner)
    write_text(folder / "manifest.json", manifest.model_dump_json(indent=2))


def as_of_date(marts: Path, facts: list[TableFacts]) -> date | None:
    """The latest as_of_date of the KPI marts."""
    with open_read_only(marts) as connection:
        days = [
            _one(connection, f"select max(as_of_date) from {_relation('marts', table.name)}")[0]
            for table in facts
            if table.name.startswith("kpis.") and table.columns.get("as_of_date") == "DATE" and table.rows
        ]
    return max((day for day in days if day), default=None)


def _mart_names(connection: duckdb.DuckDBPyConnection, alias: str, contracts: dict[str, MartContract]) -> list[str]:
    schemas = ", ".join(f"'{schema}'" for schema in MART_SCHEMAS)
    rows = connection.execute(
        f"select table_schema || '.' || table_name from information_schema.tables"
        f" where table_catalog = ? and table_schema in ({schemas}) order by table_schema, table_name",
        [alias],
    ).fetchall()
    present = [row[0] for row in rows]
    missing = sorted(set(contracts) - set(present))
    if missing:
        raise AuditFailedError("tables_present", f"the build file lacks {', '.join(missing)}", "Run `segmentry build`.")
    names = [name for name in present if name in contracts] if contracts else present
    if not names:
        raise AuditFailedError("tables_present", "the build file holds no mart", "Run `segmentry build`.")
    return names


def _copy_table(
    connection: duckdb.DuckDBPyConnection, alias: str, name: str, contract: MartContract | None
) -> TableFacts:
    facts = table_facts(connection, alias, name)
    order = "order by all" if facts.rows <= _SORTED_UP_TO_ROWS else ""
    target = _relation("marts", name)
    connection.execute(f"create schema if not exists marts.{_name(name.partition('.')[0])}")
    connection.execute(f"create table {target} as select * from {_relation(alias, name)} {order}")
    for kind, subject, text in contract.comments(target, facts.columns) if contract else []:
        connection.execute(f"comment on {kind} {subject} is '{text.replace(chr(39), chr(39) * 2)}'")
    return facts


def _relation(catalog: str, name: str) -> str:
    schema, table = name.split(".", 1)
    return f"{_name(catalog)}.{_name(schema)}.{_name(table)}"


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    row = connection.execute(sql).fetchone()
    assert row is not None  # noqa: S101 (an aggregate always gives a row)
    return tuple(row)
