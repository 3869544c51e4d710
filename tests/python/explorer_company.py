"""Makes published generations for the tests of the explorer: tables by their contracts, filled with few rows."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import duckdb
import yaml

SCHEMAS = ("core", "segments", "kpis", "reports", "trust")
Tables = Mapping[str, Mapping[str, str]]


def contract_tables(project: Path) -> dict[str, dict[str, str]]:
    """Columns with their types of every mart, from the YAML beside the models."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted((project / "models" / "marts").rglob("*.yml")):
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
        for model in document.get("models") or []:
            columns = {c["name"]: c["data_type"] for c in model.get("columns") or [] if "data_type" in c}
            schema = path.relative_to(project / "models" / "marts").parts[0]
            if columns and schema in SCHEMAS:
                found[f"{schema}.{model['name']}"] = columns
    return found


def publish(home: Path, number: int, tables: Tables, *statements: str) -> Path:
    """Write generation `number` with these tables, run the statements on it, and put it in place as a publish does."""
    folder = home / "published" / "generations" / f"{number:06d}"
    folder.mkdir(parents=True)
    marts = folder / "marts.duckdb"
    with duckdb.connect(str(marts)) as connection:
        for schema in SCHEMAS:
            connection.execute(f"create schema {schema}")
        for name, columns in tables.items():
            listed = ", ".join(f'"{column}" {type_}' for column, type_ in columns.items())
            connection.execute(f"create table {name} ({listed})")
        for statement in statements:
            connection.execute(statement)
    manifest = {
        "generation": number, "run_id": "r", "created_at": f"2026-01-0{number}T10:00:00", "preset": "feeds",
        "as_of_date": "2025-12-31", "git_revision": None, "dbt_invocation_id": None, "duckdb_version": "2",
        "input_batches": 1, "max_load_id": 1, "sha256": "0", "tables": [],
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    put_in_place(home, number)
    return marts


def put_in_place(home: Path, number: int) -> None:
    """Make `marts.duckdb` the file of this generation, as publish and rollback do."""
    published = home / "published"
    ready = published / "ready"
    os.link(published / "generations" / f"{number:06d}" / "marts.duckdb", ready)
    ready.replace(published / "marts.duckdb")


def names_in_braces(link: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", link)


def links(link: str) -> Iterator[tuple[str, set[str]]]:
    """Page and parameter names of a link."""
    if link:
        parts = urlsplit(link)
        yield parts.path.removeprefix("/p/"), set(parse_qs(parts.query))
