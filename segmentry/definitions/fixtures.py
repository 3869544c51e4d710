"""Fixtures: judged in Python by the linter, and written as native dbt unit tests of `int_<entity>_segments`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from segmentry.definitions.model import CATCH_ALL, Dimension, Fixture, Segment
from segmentry.definitions.operators import OPERATORS
from segmentry.definitions.rules import Context, judged, leaves

AS_OF = date(2026, 1, 31)
"""The day that fixtures are judged on."""

_SAYS = {True: "in", False: "out", None: "unknown"}


def verdict(segment: Segment, fixture: Fixture) -> str | None:
    """What is wrong with a fixture: the rules, or the rule that `because` names, say otherwise. None: they agree."""
    if segment.rules is None:
        return None
    said = _SAYS[judged(segment.rules, fixture.given, AS_OF)]
    if not _agrees(fixture.expect, said):
        return f"the rules say {said}, expected is {fixture.expect}"
    named = [pair for pair in leaves(segment.rules) if fixture.because and pair[0].id == fixture.because]
    for rule, is_negated in named:
        truth = judged(rule, fixture.given, AS_OF)
        said = _SAYS[None if truth is None else truth != is_negated]
        if not _agrees(fixture.expect, said):
            return f"rule {rule.id} says {said}, expected is {fixture.expect}"
    return None


def _agrees(expected: str, said: str) -> bool:
    """Outside is outside, whether a rule fails or is unknown; `unknown` asks for the latter."""
    return said == expected or (expected == "out" and said == "unknown")


# ---- unit tests


def unit_tests(dimension: Dimension, ruled: Sequence[Dimension], context: Context) -> str:
    """The YAML of a dbt unit test: one entity per fixture, and the segment that it lands in.

    Percentiles and memberships cannot be given as features: these fixtures are judged by the linter alone.
    """
    given, expected = [], []
    key = f"{dimension.entity}_key"
    customers: list[str] = []
    for number, (segment, fixture) in enumerate(_testable(dimension), 1):
        result = _result(dimension, fixture)
        name = f"{segment.key} {number}"
        for day in _days(segment):
            row = {f"{dimension.entity}_id": name, key: number, "as_of_date": day}
            row |= {k: v for k, v in fixture.given.items() if k not in {"customers", "as_of_date"}}
            given.append(_row(row))
            customers += [
                _row({"account_key": number, "as_of_date": day} | customer)
                for customer in fixture.given.get("customers") or []
            ]
            seen = result if day == AS_OF or dimension.exclusive else False
            expected.append(_row({f"{dimension.entity}_id": name, "as_of_date": day, dimension.column: seen}))
    if not given:
        return ""
    inputs = {f"int_{dimension.entity}_features": given}
    if dimension.entity == "account":
        inputs["int_customer_features"] = customers
    else:
        inputs["int_account_segments"] = []
    own = [d for d in context.dimensions.values() if d.entity == dimension.entity and d.hand_written]
    inputs |= {d.hand_written.model: [] for d in own if d.hand_written}
    if dimension.entity == "account" and not _asks_customers(ruled):
        del inputs["int_customer_features"]
    lines = [
        "unit_tests:",
        f"  - name: test_int_{dimension.entity}_segments__fixtures_of_{dimension.name}",
        "    description: Each fixture of the definition is in the first segment whose rules hold.",
        f"    model: int_{dimension.entity}_segments",
        "    given:",
    ]
    for model, rows in inputs.items():
        if rows:
            lines += [f"      - input: ref('{model}')", "        rows:", *(f"          - {row}" for row in rows)]
        else:
            lines.append(f"      - {{input: ref('{model}'), rows: []}}")
    lines += ["    expect:", "      rows:", *(f"        - {row}" for row in expected)]
    return "\n".join(lines) + "\n"


def _testable(dimension: Dimension) -> Iterator[tuple[Segment, Fixture]]:
    forms = {OPERATORS[rule.op].form for _, s in dimension.segments for rule, _ in leaves(s.rules)}
    if forms & {"share", "segment"}:
        return
    for _, segment in dimension.segments:
        for fixture in segment.fixtures:
            if "as_of_date" not in fixture.given:
                yield segment, fixture


def _asks_customers(ruled: Sequence[Dimension]) -> bool:
    return any(rule.rule for d in ruled for _, s in d.segments for rule, _ in leaves(s.rules))


def _days(segment: Segment) -> list[date]:
    """A segment that waits takes somebody in after that many days: the fixture holds from before them."""
    return [AS_OF - timedelta(days=segment.enter_after_days), AS_OF] if segment.enter_after_days else [AS_OF]


def _result(dimension: Dimension, fixture: Fixture) -> str | bool:
    """Where the entity lands: in the first segment whose rules hold."""
    held = [s.key for _, s in dimension.segments if s.rules and judged(s.rules, fixture.given, AS_OF)]
    if dimension.is_audience:
        return bool(held)
    return held[0] if held else CATCH_ALL


def _row(values: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{name}: {_scalar(value)}" for name, value in values.items()) + "}"


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)
