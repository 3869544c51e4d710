"""dbt's manifest: the one place that reads it, and what it promises about the marts."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

MART_SCHEMAS = ("core", "segments", "kpis", "reports", "trust")
"""The schemas that are published."""


class MartContract(BaseModel):
    """The columns of a mart. `columns` maps a name to its declared type, or to None without an enforced contract."""

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


def read_manifest(target_dir: Path) -> dict[str, Any]:
    """The manifest.json of a dbt target folder; one without nodes where there is none."""
    path = target_dir / "manifest.json"
    if not path.is_file():
        return {"nodes": {}, "sources": {}}
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def mart_contracts(manifest: Mapping[str, Any], prefix: str = "") -> dict[str, MartContract]:
    """The published tables by `schema.table`. `prefix` is what schemas start with on the build's engine."""
    return {
        f"{node['schema'].removeprefix(prefix)}.{node['alias']}": _contract(node)
        for node in manifest["nodes"].values()
        if node["resource_type"] in {"model", "seed", "snapshot"}
        and node["schema"].removeprefix(prefix) in MART_SCHEMAS
        and node["config"]["materialized"] != "ephemeral"
    }


def schemas(manifest: Mapping[str, Any]) -> list[str]:
    """Every schema that the project writes to."""
    return sorted({node["schema"] for node in manifest["nodes"].values() if node["resource_type"] in {"model", "seed"}})


def _contract(node: dict[str, Any]) -> MartContract:
    columns = node["columns"].values()
    return MartContract(
        description=node["description"].strip(),
        columns={column["name"]: column.get("data_type") for column in columns},
        column_descriptions={column["name"]: column["description"].strip() for column in columns},
        enforced=bool(node["config"].get("contract", {}).get("enforced")),
    )
