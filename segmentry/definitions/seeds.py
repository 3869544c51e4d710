"""Definitions as data: the seeds that models and unit tests read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from segmentry.definitions.compiler import ENTITIES, Compiler
from segmentry.definitions.hashes import UNKNOWN_HASH, definition_hash, rule_hash, rule_key
from segmentry.definitions.layers import is_steady
from segmentry.definitions.model import CATCH_ALL, Dimension
from segmentry.definitions.rules import condition_text, rule_text

FOLDER = "seeds/definitions"

_SEED_COLUMNS = {
    "dimension_definitions": [
        "entity_type",
        "dimension",
        "definition_version",
        "definition_hash",
        "is_exclusive",
        "kpi_breakdown",
        "holdout_share",
        "state",
        "retired_on",
    ],
    "segment_definitions": [
        "entity_type",
        "dimension",
        "segment_key",
        "segment_name",
        "segment_description",
        "rule_text",
        "is_exclusive",
        "definition_version",
        "definition_hash",
        "segment_version",
        "rule_hash",
        "owner",
        "tactic",
        "goal_kpi",
        "holdout_share",
        "min_size",
        "review_by",
        "retired_on",
        "sort_order",
    ],
    "segment_rules": [
        "entity_type",
        "rule_key",
        "dimension",
        "segment_key",
        "priority",
        "rule_id",
        "rule_text",
        "is_negated",
        "threshold",
        "is_steady",
    ],
    "profile_features": ["entity_type", "feature", "feature_kind"],
}


def seed_files(compiler: Compiler) -> Iterator[tuple[str, str]]:
    """Path and text of each seed."""
    for name, rows in seeds(compiler).items():
        yield f"{FOLDER}/{name}.csv", _csv(rows, _SEED_COLUMNS[name])


def seeds(compiler: Compiler) -> dict[str, list[dict[str, Any]]]:
    """Name -> rows."""
    return {
        "dimension_definitions": [_definition(d) for d in [*compiler.dimensions, *compiler.retired]],
        "segment_definitions": [row for d in [*compiler.dimensions, *compiler.retired] for row in _segments(d)],
        "segment_rules": [row for entity in ENTITIES for row in _rules(compiler, entity)],
        "profile_features": [
            {"entity_type": entity, "feature": name, "feature_kind": kind}
            for entity in ENTITIES
            for name, kind in compiler.profiled(entity)
        ],
    }


def _definition(dimension: Dimension) -> dict[str, Any]:
    return {
        "entity_type": dimension.entity,
        "dimension": dimension.title,
        "definition_version": dimension.version,
        "definition_hash": definition_hash(dimension),
        "is_exclusive": dimension.exclusive,
        "kpi_breakdown": dimension.kpi_breakdown,
        "holdout_share": 0 if dimension.exclusive else dimension.segments[0][1].holdout_share,
        "state": dimension.name,
        "retired_on": dimension.retired_on,
    }


def _segments(dimension: Dimension) -> Iterable[dict[str, Any]]:
    shared = {
        "entity_type": dimension.entity,
        "dimension": dimension.title,
        "is_exclusive": dimension.exclusive,
        "definition_version": dimension.version,
        "definition_hash": definition_hash(dimension),
        "retired_on": dimension.retired_on,
    }
    for order, (index, segment) in enumerate(dimension.segments, 1):
        yield shared | {
            "segment_key": segment.key,
            "segment_name": segment.name,
            "segment_description": segment.description,
            "rule_text": rule_text(segment),
            "segment_version": segment.version,
            "rule_hash": rule_hash(dimension, index),
            "owner": segment.owner,
            "tactic": segment.tactic,
            "goal_kpi": segment.goal_kpi,
            "holdout_share": segment.holdout_share,
            "min_size": segment.min_size,
            "review_by": segment.review_by,
            "sort_order": order,
        }
    if dimension.exclusive:
        yield shared | {
            "segment_key": CATCH_ALL,
            "segment_name": "Unknown",
            "segment_description": "Those whom no other segment of the dimension takes",
            "rule_text": f"What the rules of {dimension.title} read is missing, or none of them holds",
            "segment_version": 1,
            "rule_hash": UNKNOWN_HASH,
            "sort_order": len(dimension.segments) + 1,
        }


def _rules(compiler: Compiler, entity: str) -> Iterable[dict[str, Any]]:
    for dimension, segment, rule, rule_id, is_negated in compiler.rules(entity):
        yield {
            "entity_type": entity,
            "rule_key": rule_key(dimension.name, segment.key, rule_id),
            "dimension": dimension.name,
            "segment_key": segment.key,
            "priority": [s.key for _, s in dimension.segments].index(segment.key) + 1,
            "rule_id": rule_id,
            "rule_text": condition_text(rule),
            "is_negated": is_negated,
            "threshold": rule.value,
            "is_steady": is_steady(segment),
        }


def _csv(rows: list[dict[str, Any]], columns: list[str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(row.get(name)) for name in columns})
    return out.getvalue()


def _cell(value: Any) -> Any:
    return str(value).lower() if value is True or value is False else value
