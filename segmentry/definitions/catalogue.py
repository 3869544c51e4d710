"""The features that rules may use, and the KPIs that segments may aim at, as the YAML of the marts declares them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from segmentry.definitions.located_yaml import load

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
    """One feature. `kind` is integer, number, boolean, text or date, `declared` the type of its column; `window_days`
    is how far back it looks."""

    name: str
    kind: str
    window_days: int | None = None
    is_pii: bool = False
    is_protected: bool = False
    declared: str = ""


@dataclass(frozen=True)
class Catalogue:
    """Features by entity, and what a `goal_kpi` may be: a KPI mart, one of its columns, or a metric."""

    features: Mapping[str, Mapping[str, Feature]] = field(default_factory=dict)
    kpis: frozenset[str] = frozenset()


def read_catalogue(project_dir: Path) -> Catalogue:
    """The catalogue of a project. A file that is not YAML is left to dbt, which refuses it."""
    kpis: set[str] = set()
    for document in _documents(project_dir / "models" / "marts", "kpi_"):
        for model in _mappings(document.get("models")):
            name = str(model.get("name"))
            if name.startswith("kpi_"):
                columns = [str(column.get("name")) for column in _mappings(model.get("columns"))]
                kpis |= {name, name.removeprefix("kpi_"), *columns, *(f"{name}.{column}" for column in columns)}
    for document in _documents(project_dir / "models" / "semantic", "metrics:"):
        kpis |= {str(metric.get("name")) for metric in _mappings(document.get("metrics"))}
    return Catalogue(read_features(project_dir), frozenset(kpis))


def read_features(project_dir: Path) -> dict[str, dict[str, Feature]]:
    """Entity -> name -> feature: the columns of the two feature marts."""
    features: dict[str, dict[str, Feature]] = {entity: {} for entity in TABLES}
    for entity, table in TABLES.items():
        for document in _documents(project_dir / "models" / "marts", f"name: {table}"):
            for model in _mappings(document.get("models")):
                if model.get("name") == table:
                    found = map(_feature, _mappings(model.get("columns")))
                    features[entity] |= {
                        feature.name: feature for feature in found if feature.name not in _NOT_FEATURES
                    }
    return features


def _feature(column: Mapping[str, Any]) -> Feature:
    name = str(column.get("name"))
    config = column.get("config")
    meta = {**_mapping(column.get("meta")), **_mapping(_mapping(config).get("meta"))}
    declared = str(column.get("data_type", "string")).strip().lower()
    window = meta.get("window_days")
    if window is None and (found := _WINDOW.search(name)):
        window = int(found[1])
    kind = _KINDS.get(declared.partition("(")[0].strip(), "text")
    is_pii, is_protected = bool(meta.get("pii", False)), bool(meta.get("protected", False))
    return Feature(name, kind, window, is_pii, is_protected, declared)


def _documents(folder: Path, holds: str) -> Iterator[Mapping[str, Any]]:
    """The YAML documents whose text holds these letters: reading every file costs a second."""
    for path in sorted(folder.rglob("*.yml")):
        try:
            text = path.read_text(encoding="utf-8")
            document = load(text) if holds in text else None
        except (yaml.YAMLError, UnicodeDecodeError):
            continue
        if isinstance(document, Mapping):
            yield document


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
