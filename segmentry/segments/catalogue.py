"""The features that rules may use, and the KPIs that segments may aim at, as the YAML of the marts declares them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from segmentry.segments.located_yaml import load

TABLES = {"customer": "customer_features", "account": "account_features"}
_KINDS = {
    "integer": "integer",
    "bigint": "integer",
    "smallint": "integer",
    "double": "number",
    "float": "number",
    "decimal": "number",
    "boolean": "boolean",
    "string": "text",
    "varchar": "text",
    "date": "date",
    "timestamp": "date",
}
_WINDOW = re.compile(r"_(\d+)d$")
_NOT_FEATURES = {"as_of_date", "is_current"}


@dataclass(frozen=True)
class Feature:
    """One feature. `kind` is integer, number, boolean, text or date; `window_days` how far back it looks."""

    name: str
    kind: str
    window_days: int | None = None
    is_pii: bool = False
    is_protected: bool = False


@dataclass(frozen=True)
class Catalogue:
    """Features by entity, and what a `goal_kpi` may be: a KPI mart, one of its columns, or a metric."""

    features: Mapping[str, Mapping[str, Feature]] = field(default_factory=dict)
    kpis: frozenset[str] = frozenset()


def read_catalogue(project_dir: Path) -> Catalogue:
    """The catalogue of a project. Files that are no YAML are passed over: dbt refuses them itself."""
    features: dict[str, dict[str, Feature]] = {entity: {} for entity in TABLES}
    kpis: set[str] = set()
    entity_of = {table: entity for entity, table in TABLES.items()}
    for document in _documents(project_dir / "models" / "marts"):
        for model in _mappings(document.get("models")):
            name = str(model.get("name"))
            columns = [str(column.get("name")) for column in _mappings(model.get("columns"))]
            if name in entity_of:
                features[entity_of[name]] |= {
                    feature.name: feature for feature in map(_feature, _mappings(model.get("columns")))
                }
            elif name.startswith("kpi_"):
                kpis |= {name, name.removeprefix("kpi_"), *columns, *(f"{name}.{column}" for column in columns)}
    for document in _documents(project_dir / "models" / "semantic"):
        kpis |= {str(metric.get("name")) for metric in _mappings(document.get("metrics"))}
    for known in features.values():
        for name in _NOT_FEATURES:
            known.pop(name, None)
    return Catalogue(features, frozenset(kpis))


def _feature(column: Mapping[str, Any]) -> Feature:
    name = str(column.get("name"))
    config = column.get("config")
    meta = {**_mapping(column.get("meta")), **_mapping(_mapping(config).get("meta"))}
    declared = str(column.get("data_type", "")).partition("(")[0].strip().lower()
    window = meta.get("window_days")
    if window is None and (found := _WINDOW.search(name)):
        window = int(found[1])
    return Feature(
        name, _KINDS.get(declared, "text"), window, bool(meta.get("pii", False)), bool(meta.get("protected", False))
    )


def _documents(folder: Path) -> Iterator[Mapping[str, Any]]:
    for path in sorted(folder.rglob("*.yml")):
        try:
            document = load(path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError):
            continue
        if isinstance(document, Mapping):
            yield document


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
