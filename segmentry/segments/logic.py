"""What rules can and cannot be true together: each rule tree as a union of boxes, a box as one set per feature.

Features are treated as independent, so everything found is certain; what depends on the data is not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from segmentry.definitions.catalogue import Feature
from segmentry.definitions.model import Group, Rule
from segmentry.definitions.operators import OPERATORS, as_date
from segmentry.definitions.sets import (
    Cut,
    Values,
    discrete,
    everything_ordered,
    exactly,
    ordered,
)

Box = Mapping[str, Values]
Features = Mapping[str, Feature]

_MAX_BOXES = 400
_EVERYTHING: list[Box] = [{}]


class TooComplexError(Exception):
    """A rule tree has more alternatives than are looked at; nothing is said about it."""


def passing(node: Rule | Group | None, features: Features) -> list[Box]:
    """The boxes in which the rules pass. No rules: the catch-all, everything."""
    return _EVERYTHING if node is None else _boxes(node, features, wanted=True)


def conjunction(left: Sequence[Box], right: Sequence[Box]) -> list[Box]:
    """The boxes that lie in both unions."""
    found = [box for a in left for b in right if (box := _intersect(a, b)) is not None]
    if len(found) > _MAX_BOXES:
        raise TooComplexError
    return found


def remainder(boxes: Sequence[Box], taken: Sequence[Box]) -> list[Box]:
    """What is left of `boxes` outside `taken`."""
    left = list(boxes)
    for other in taken:
        left = [piece for box in left for piece in _subtract(box, other)]
        if len(left) > _MAX_BOXES:
            raise TooComplexError
    return left


def canonical(rule: Rule) -> str:
    """A rule without its id, equal for rules that mean the same."""
    content = rule.model_dump(exclude={"id"}, exclude_none=True)
    return json.dumps(_plain(content, sort=rule.op in {"in", "not_in"}), sort_keys=True, default=str)


def _boxes(node: Rule | Group, features: Features, wanted: bool) -> list[Box]:
    """Where a node passes (`wanted`) or fails; in what is left over it is unknown."""
    if isinstance(node, Rule):
        name, values = _literal(node, features)
        if not wanted:
            others = values.complement()
            values = others if node.op in {"is_null", "not_null"} else others.without_null()
        return [] if values.is_empty else [{name: values}]
    demands = [_boxes(child, features, wanted) for child in node.all]
    demands += [_boxes(child, features, not wanted) for child in node.none]
    alternatives = [_boxes(child, features, wanted) for child in node.any]
    if wanted:
        if alternatives:
            demands.append(_union(alternatives))
        return _all_of(demands)
    if alternatives:
        demands.append(_all_of(alternatives))
    return _union(demands)


def _all_of(parts: Sequence[Sequence[Box]]) -> list[Box]:
    found = _EVERYTHING
    for part in parts:
        found = conjunction(found, part)
    return found


def _union(parts: Sequence[Sequence[Box]]) -> list[Box]:
    found = [box for part in parts for box in part]
    if len(found) > _MAX_BOXES:
        raise TooComplexError
    return found


def _intersect(left: Box, right: Box) -> Box | None:
    found = dict(left)
    for name, values in right.items():
        both = found[name].intersect(values) if name in found else values
        if both.is_empty:
            return None
        found[name] = both
    return found


def _subtract(box: Box, other: Box) -> list[Box]:
    if _intersect(box, other) is None:
        return [box]
    pieces: list[Box] = []
    inside = dict(box)
    for name, values in other.items():
        outside = values.complement()
        rest = inside[name].intersect(outside) if name in inside else outside
        if not rest.is_empty:
            pieces.append({**inside, name: rest})
        inside[name] = inside[name].intersect(values) if name in inside else values
    return pieces


_LISTS = {"eq", "neq", "in", "not_in", "between", "is_null", "not_null"}


def _literal(rule: Rule, features: Features) -> tuple[str, Values]:
    """The feature (or what is derived from it) that a rule is about, and the values that pass."""
    feature = features.get(rule.feature or "")
    if feature is None or (OPERATORS[rule.op].interval is None and rule.op not in _LISTS):
        # a question to other rows: true or false, the same for the same question
        return canonical(rule), discrete([True])
    is_ordered = feature.kind in {"integer", "number", "date"}
    if rule.op in {"is_null", "not_null"}:
        nothing = ordered([], False, null=True) if is_ordered else Values(True)
        return feature.name, nothing if rule.op == "is_null" else nothing.complement()
    if rule.op.startswith("days_since"):
        return f"days since {feature.name}", ordered([_interval(rule)(rule.value)], True)
    if rule.op.startswith("percentile"):
        return f"percentile of {feature.name} {rule.within}", ordered([_interval(rule)(rule.value)], False)
    if not is_ordered:
        members = rule.value if rule.op in {"in", "not_in"} else [rule.value]
        return feature.name, discrete(members, rule.op in {"neq", "not_in"})
    return feature.name, _ordered_literal(rule, feature)


def _interval(rule: Rule) -> Callable[[float], tuple[Cut, Cut]]:
    found = OPERATORS[rule.op].interval
    assert found is not None  # noqa: S101 (asked for where there is one)
    return found


def _ordered_literal(rule: Rule, feature: Feature) -> Values:
    def point(value: Any) -> float:
        return as_date(value).toordinal() if feature.kind == "date" else value

    whole = feature.kind != "number"
    if OPERATORS[rule.op].interval:
        return ordered([_interval(rule)(point(rule.value))], whole)
    if rule.op == "between":
        low, high = map(point, rule.value)
        return ordered([((low, 0), (high, 1))], whole)
    listed = rule.value if rule.op in {"in", "not_in"} else [rule.value]
    found = ordered([exactly(point(value)) for value in listed], whole)
    return found if rule.op in {"eq", "in"} else found.complement().intersect(everything_ordered())


def _plain(value: Any, sort: bool = False) -> Any:
    """1 and 1.0 are one value; a set has no order."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item, sort) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [_plain(item) for item in value]
        return sorted(items, key=str) if sort else items
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
