"""What dbt's manifest promises about the marts: columns, types and descriptions."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import duckdb
from pydantic import BaseModel

from segmentry.errors import AuditFailedError


class ModelContract(BaseModel):
    """One mart. `columns` maps name to the declared type, or None when the contract is not enforced."""

    description: str
    columns: dict[str, str | None]
    column_descriptions: dict[str, str]
    enforced: bool

    def comments(self, relation: str, columns: Collection[str]) -> Iterator[tuple[str, str, str]]:
        """(kind, subject, text) of the comments that BI tools show, for the columns that are there."""
        if self.description:
            yield "table", relation, self.description
        for column, text in self.column_descriptions.items():
            if text and column in columns:
                yield "column", f'{relation}."{column}"', text


def load_contracts(target_dir: Path, schemas: tuple[str, ...], prefix: str = "") -> dict[str, ModelContract]:
    """The marts of a dbt manifest by `schema.table`, without the prefix that schemas have on the build's engine; empty
    when there is no manifest."""
    path = target_dir / "manifest.json"
    if not path.is_file():
        return {}
    nodes = json.loads(path.read_text(encoding="utf-8"))["nodes"].values()
    return {
        f"{node['schema'].removeprefix(prefix)}.{node['alias']}": _contract(node)
        for node in nodes
        if node["resource_type"] in {"model", "seed", "snapshot"}
        and node["schema"].removeprefix(prefix) in schemas
        and node["config"]["materialized"] != "ephemeral"
    }


def check_types(
    connection: duckdb.DuckDBPyConnection, name: str, contract: ModelContract, columns: dict[str, str]
) -> None:
    """Raise AuditFailedError when a table's columns differ from its enforced contract."""
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


def _contract(node: dict[str, Any]) -> ModelContract:
    columns = node["columns"].values()
    return ModelContract(
        description=node["description"].strip(),
        columns={column["name"]: column.get("data_type") for column in columns},
        column_descriptions={column["name"]: column["description"].strip() for column in columns},
        enforced=bool(node["config"].get("contract", {}).get("enforced")),
    )


def _duckdb_type(connection: duckdb.DuckDBPyConnection, declared: str | None) -> str:
    """The name DuckDB gives to a declared type: string becomes VARCHAR, int becomes INTEGER."""
    row = connection.execute(f"select typeof(cast(null as {declared}))").fetchone()
    return str(row[0]) if row else ""
