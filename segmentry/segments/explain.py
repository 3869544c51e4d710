"""`segments explain`: what each rule of a segment says of one customer or account, and how far the value is from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from segmentry.building import BuildRecord
from segmentry.errors import UsageError
from segmentry.segments.definitions import Definitions, Dimension, Rule, Segment, suggestion
from segmentry.segments.evaluation import MODELS, build_file, compiler, metas_of


@dataclass(frozen=True)
class RuleSaid:
    """What one rule says. `distance`: threshold minus value, where both are numbers; `negated`: it stands in `none`."""

    rule: str
    negated: bool
    seen: str | None
    outcome: str
    distance: float | None


@dataclass(frozen=True)
class Explanation:
    """One segment: whether the entity is in it at the current date, and what its rules say."""

    dimension: str
    segment_key: str
    is_member: bool
    rules: list[RuleSaid]


def explain(
    project_dir: Path, record: BuildRecord, definitions: Definitions, entity_id: str, segment: str | None
) -> list[Explanation]:
    """Explanations of the segments named (`segment` or `dimension.segment`; None: those the entity is in).

    Raises UsageError when there is no such segment or entity.
    """
    wanted = [
        found for found in definitions.segments() if segment in {None, found[2].key, f"{found[0].name}.{found[2].key}"}
    ]
    wanted = [found for found in wanted if not found[0].hand_written]
    if not wanted:
        known = [f"{d.name}.{s.key}" for d, _, s in definitions.segments()]
        hint = suggestion(segment, known) or " See `segmentry segments list`."
        raise UsageError(f"there is no segment '{segment}' with rules", hint.strip())
    entities = {dimension.entity for dimension, _, _ in wanted}
    rows = _rows(project_dir, record, definitions, entities, entity_id)
    if not rows:
        raise UsageError(
            f"there is no {' or '.join(sorted(entities))} '{entity_id}'", "Give the id as the marts have it."
        )
    found = [
        _explanation(dimension, index, one, rows[dimension.entity])
        for dimension, index, one in wanted
        if dimension.entity in rows
    ]
    return [explanation for explanation in found if segment is not None or explanation.is_member]


def _rows(
    project_dir: Path, record: BuildRecord, definitions: Definitions, entities: set[str], entity_id: str
) -> dict[str, dict[str, Any]]:
    """Entity type -> the row of that id with its features and what every rule says."""
    found = {}
    with compiler(project_dir, record) as dbt:
        for entity in entities:
            dbt.explain(entity)
        queries = dbt.queries(metas_of(definitions), "the working tree")
    with build_file(record) as connection:
        for entity in MODELS:
            if entity in entities and (row := _row(connection, queries[entity], entity, entity_id)):
                found[entity] = row
    return found


def _row(connection: duckdb.DuckDBPyConnection, query: str, entity: str, entity_id: str) -> dict[str, Any] | None:
    # the query is the compiler's, the id a parameter
    cursor = connection.execute(f"select * from ({query}) where is_current and {entity}_id = ?", [entity_id])  # noqa: S608
    values = cursor.fetchone()
    return dict(zip([column[0] for column in cursor.description or []], values, strict=True)) if values else None


def _explanation(dimension: Dimension, index: int, segment: Segment, row: dict[str, Any]) -> Explanation:
    column = row.get(dimension.name) if dimension.exclusive else row.get(f"in_{dimension.name}")
    is_member = column == segment.key if dimension.exclusive else column is True
    said = [
        _said(rule, path, row, row[f"{dimension.name}__{segment.key}__{number}"])
        for number, (path, rule) in enumerate(segment.leaves(index), 1)
    ]
    return Explanation(dimension.name, segment.key, is_member, said)


def _said(rule: Rule, path: tuple[Any, ...], row: dict[str, Any], verdict: bool | None) -> RuleSaid:
    seen = row.get(rule.feature) if rule.feature else None
    words = [rule.id or "", rule.feature or "", rule.op, "" if rule.value is None else str(rule.value)]
    is_number = isinstance(rule.value, (int, float)) and not isinstance(rule.value, bool)
    has_distance = rule.op in {"gt", "gte", "lt", "lte"} and is_number and seen is not None
    return RuleSaid(
        rule=" ".join(filter(None, words)),
        negated=sum(part == "none" for part in path) % 2 == 1,
        seen=None if seen is None else str(seen),
        outcome="unknown" if verdict is None else "pass" if verdict else "fail",
        distance=float(rule.value) - float(str(seen)) if has_distance else None,
    )


def lines(found: list[Explanation]) -> Iterator[list[object]]:
    """Rows of a table: segment, in or out, rule, value seen, outcome, distance."""
    for one in found:
        for said in one.rules:
            outcome = f"not {said.outcome}" if said.negated and said.outcome != "unknown" else said.outcome
            place = f"{one.dimension}.{one.segment_key}"
            distance = None if said.distance is None else f"{said.distance:g}"
            yield [place, "in" if one.is_member else "out", said.rule, said.seen, outcome, distance]
