"""What is wrong with one rule: its feature, its operator, the form and type of its value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from segmentry.definitions.catalogue import Catalogue, Feature
from segmentry.definitions.findings import Finding
from segmentry.definitions.model import Dimension, Group, Path_, Rule, Segment, suggestion
from segmentry.definitions.operators import CUSTOMERS, OPERATORS, Operator, as_point, value_problem
from segmentry.segments.logic import Features

Problem = tuple[str, str, str]
"""Code, text, and the key of the rule it stands at."""


def check_rules(
    dimension: Dimension, index: int, segment: Segment, catalogue: Catalogue, history_weeks: int
) -> Iterator[Finding]:
    """Findings in each rule of a segment."""
    base: Path_ = ("segments", index, "rules")
    if segment.rules is None:
        return
    for path, group in _groups(segment.rules, base):
        if not any(True for _ in group.nodes()):
            yield dimension.at("SEG113", f"segment {segment.key}: a group without rules", *path)
    for path, rule in segment.leaves(index):
        label = f"segment {segment.key}, rule {rule.id}"
        if rule.id is None:
            yield dimension.at("SEG102", f"segment {segment.key}: a rule without id", *path)
        for code, text, key in _rule(rule, dimension.entity, segment, catalogue, history_weeks):
            yield dimension.at(code, f"{label}: {text}", *path, key)
        inner = Group(all=[rule.rule]) if rule.rule and rule.op in CUSTOMERS else Group()
        for _, leaf in inner.rules():
            for code, text, _ in _rule(leaf, "customer", segment, catalogue, history_weeks):
                yield dimension.at(code, f"{label}: {text}", *path, "rule")


def _groups(group: Group, path: Path_) -> Iterator[tuple[Path_, Group]]:
    yield path, group
    for where, node in group.nodes():
        if isinstance(node, Group):
            yield from _groups(node, (*path, *where))


def _rule(rule: Rule, entity: str, segment: Segment, catalogue: Catalogue, history_weeks: int) -> Iterator[Problem]:
    """Code, text and key of everything wrong with one rule."""
    operator = OPERATORS.get(rule.op)
    if operator is None:
        yield "SEG202", f"{rule.op} is no operator.{suggestion(rule.op, OPERATORS)}", "op"
    elif operator.form == "customers":
        yield from _customers(rule, entity)
    elif operator.form != "segment":
        yield from _question(rule, operator, catalogue.features.get(entity, {}), segment, history_weeks)


def _customers(rule: Rule, entity: str) -> Iterator[Problem]:
    if entity != "account":
        yield "SEG203", f"{rule.op} is for accounts: it asks their customers", "op"
    if rule.rule is None:
        yield "SEG102", f"{rule.op} takes a rule about the customers", "op"
    if rule.op == "share_gte":
        yield from _value(rule, "share", "number")


def _question(
    rule: Rule, operator: Operator, features: Features, segment: Segment, history_weeks: int
) -> Iterator[Problem]:
    if rule.feature is None:
        yield "SEG102", f"{rule.op} takes a feature", "op"
        return
    within = [rule.within] if isinstance(rule.within, str) else rule.within or []
    for name in [*within, rule.feature]:
        if name not in features:
            key = "feature" if name == rule.feature else "within"
            yield "SEG201", f"{name} is not in the catalogue.{suggestion(name, features)}", key
        else:
            yield from _feature(features[name], segment, history_weeks)
    feature = features.get(rule.feature)
    if feature and feature.kind not in operator.kinds:
        yield "SEG203", f"{rule.op} does not fit {feature.name}, which is {feature.kind}", "op"
    elif feature:
        yield from _value(rule, operator.form, feature.kind)


def _feature(feature: Feature, segment: Segment, history_weeks: int) -> Iterator[Problem]:
    history = history_weeks * 7
    if feature.window_days is not None and feature.window_days > history:
        text = f"{feature.name} looks back {feature.window_days} days, the history holds {history}"
        yield "SEG207", text, "feature"
    if feature.is_pii:
        yield "SEG208", f"{feature.name} is personal data, which no segment may be made of", "feature"
    if feature.is_protected and feature.name not in segment.waivers:
        text = f"{feature.name} is a protected attribute; say in waivers why it may be used"
        yield "SEG209", text, "feature"


def _value(rule: Rule, form: str, kind: str) -> Iterator[Problem]:
    if form in _FORMS:
        code, text = _FORMS[form](rule, kind)
    else:
        code, text = "SEG204", value_problem(kind, rule.value)
    if text:
        yield code, text, "value"


def _no_value(rule: Rule, _: str) -> tuple[str, str | None]:
    return "SEG204", None if rule.value is None else f"{rule.op} takes no value"


def _list(rule: Rule, kind: str) -> tuple[str, str | None]:
    if not isinstance(rule.value, list):
        return "SEG204", f"{rule.op} takes a list of values"
    if not rule.value:
        return "SEG205", f"{rule.op} with an empty list"
    return "SEG204", next(filter(None, (value_problem(kind, item) for item in rule.value)), None)


def _range(rule: Rule, kind: str) -> tuple[str, str | None]:
    if not isinstance(rule.value, list) or len(rule.value) != 2:
        return "SEG204", f"{rule.op} takes a list of two values, [low, high]"
    if problem := next(filter(None, (value_problem(kind, item) for item in rule.value)), None):
        return "SEG204", problem
    low, high = (as_point(kind, item) for item in rule.value)
    return "SEG206", f"{rule.op} {low} and {high}: the lower limit comes first" if low > high else None


def _days(rule: Rule, _: str) -> tuple[str, str | None]:
    is_days = value_problem("integer", rule.value) is None and rule.value >= 0
    return "SEG204", None if is_days else f"{rule.value!r} is no number of days"


def _share(rule: Rule, _: str) -> tuple[str, str | None]:
    is_share = value_problem("number", rule.value) is None and 0 <= rule.value <= 1
    return "SEG204", None if is_share else f"{rule.value!r} is no share from 0 to 1"


_FORMS: Mapping[str, Callable[[Rule, str], tuple[str, str | None]]] = {
    "none": _no_value,
    "list": _list,
    "range": _range,
    "days": _days,
    "share": _share,
}
