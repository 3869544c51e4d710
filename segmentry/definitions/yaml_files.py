"""The YAML that follows from the definitions: columns of the views and of `int_<entity>_segments`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from segmentry.definitions.model import Dimension

if TYPE_CHECKING:
    from segmentry.definitions.compiler import Compiler

_OWN_COLUMNS = {
    "customer": [
        "customer_id",
        "customer_key",
        "account_id",
        "as_of_date",
        "is_current",
        "first_active_on",
        "active_days_7d",
        "active_days_28d",
        "has_stopped_paying",
    ],
    "account": ["account_id", "account_key", "as_of_date", "is_current"],
}
_TRAIT_DOCS = {"engagement": "engagement_trait", "lifecycle": "lifecycle_trait"}


def view_yaml(dimension: Dimension, traits: Sequence[str]) -> str:
    """The model entry of a dimension's or audience's view."""
    lines = ["models:", f"  - name: {dimension.model}", f"    description: {json.dumps(dimension.description)}"]
    if dimension.is_audience:
        lines += ["    config: {materialized: view}", "    columns:"]
        docs = {"audience_key": "audience_key", "entity_type": "entity_type", "entity_id": "entity_id"}
        docs |= {"account_id": "entity_account_id"} | {trait: _TRAIT_DOCS.get(trait, trait) for trait in traits}
        docs |= {name: name for name in ("is_holdout", "row_hash")} | {"entered_on": "audience_entered_on"}
        types = {"is_holdout": "boolean", "entered_on": "date"}
        for name, doc in docs.items():
            tests = ", data_tests: [not_null, unique]" if name == "entity_id" else ""
            lines.append(_column(name, types.get(name, "string"), doc, tests))
    else:
        lines += ["    data_tests:", f"      - {_not_null(f'{dimension.entity}_id', 'segment_key')}", "    columns:"]
        lines.append(_column(f"{dimension.entity}_id", "string", tests=", data_tests: [unique]"))
        lines.append(_column("segment_key", "string"))
    lines.append(_column("as_of_date", "date"))
    return "\n".join(lines) + "\n"


def segments_yaml(compiler: Compiler, entity: str) -> str:
    """The model entry of `int_<entity>_segments`."""
    lines = [
        "models:",
        f"  - name: int_{entity}_segments",
        f'    description: "One row per {entity} and as-of date: its segment in every dimension, its audiences."',
        "    data_tests:",
        f"      - unique_combination: {{arguments: {{columns: [{entity}_id, as_of_date]}}}}",
        f"      - {_not_null(f'{entity}_id', 'as_of_date', *(d.column for d in compiler.exclusive(entity)))}",
        "    columns:",
    ]
    for name in _OWN_COLUMNS[entity]:
        lines.append(_plain(name, f"{{{{ doc('{name}') }}}}"))
    for dimension in compiler.exclusive(entity):
        of_account = entity == "customer" and dimension.entity == "account"
        whose = "Segment of the customer's account in" if of_account else "Segment of"
        lines.append(_plain(dimension.column, f"{whose} the dimension {dimension.name}."))
    for dimension in compiler.of(entity):
        if dimension.is_audience:
            lines.append(_plain(dimension.column, f"Whether it is in the audience {dimension.name}."))
    old = [
        d
        for d in compiler.retired
        if d.entity == entity or (entity == "customer" and d in compiler.replaced("account"))
    ]
    for dimension in old:
        lines.append(_plain(dimension.column, f"Membership under version {dimension.version} of {dimension.title}."))
    lines.append(_plain("segment_set_key", "{{ doc('segment_set_key') }}"))
    return "\n".join(lines) + "\n"


def _column(name: str, type_: str, doc: str | None = None, tests: str = "") -> str:
    return f'      - {{name: {name}, data_type: "{type_}", description: "{{{{ doc(\'{doc or name}\') }}}}"{tests}}}'


def _plain(name: str, text: str) -> str:
    return f'      - {{name: {name}, description: "{text}"}}'


def _not_null(*columns: str) -> str:
    return f"not_null_columns: {{arguments: {{columns: [{', '.join(columns)}]}}}}"
