"""Trees of rules: as SQL, in words, and judged in Python. The leaves' own meaning stands in `operators`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from segmentry.definitions.catalogue import Feature
from segmentry.definitions.dialects import Dialect
from segmentry.definitions.model import CATCH_ALL, Dimension, Group, Rule, Segment
from segmentry.definitions.operators import OPERATORS, Truth, as_date, customers_column, percentile_column

WIDTH = 110


@dataclass(frozen=True)
class Context:
    """What a rule is compiled against: an entity's features, and the dimensions whose members it may name."""

    entity: str
    features: Mapping[str, Mapping[str, Feature]]
    dialect: Dialect
    dimensions: Mapping[str, Dimension] = field(default_factory=dict)

    def feature(self, name: str | None) -> Feature | None:
        """A feature of the entity."""
        return self.features.get(self.entity, {}).get(name or "")

    def kind(self, rule: Rule) -> str:
        """Type of the rule's feature."""
        found = self.feature(rule.feature)
        return found.kind if found else "text"

    def literal(self, rule: Rule, value: Any) -> str:
        """A value as a literal of the feature's type."""
        return literal(self.kind(rule), value, self.dialect)

    def difference(self, measured: str, bound: Any) -> str:
        """How far a number is from a bound."""
        return f"abs(cast({measured} as {self.dialect.double}) - {bound})"

    def membership(self, rule: Rule) -> str:
        """A `member_of` rule as a predicate over the column of the dimension."""
        name, _, key = str(rule.value).partition(".")
        target = self.dimensions[name]
        return f"{name} = {self.dialect.text(key)}" if target.exclusive else target.column

    def of_customers(self) -> Context:
        """The context of a rule about the customers of an account."""
        return Context("customer", self.features, self.dialect, self.dimensions)


def literal(kind: str, value: Any, dialect: Dialect) -> str:
    """A value as a literal: a text stays one text, whatever it holds."""
    if kind == "date":
        return f"cast('{as_date(value)}' as date)"
    if kind == "boolean":
        return "true" if value else "false"
    return dialect.text(value) if kind == "text" else str(value)


# ---- SQL


@dataclass(frozen=True)
class Condition:
    """A predicate: a leaf with its SQL, or parts that are joined by `and` or `or`, negated or not."""

    sql: str = ""
    joint: str = "and"
    parts: tuple[Condition, ...] = ()
    is_negated: bool = False

    def inline(self) -> str:
        """On one line."""
        text = self.sql or f" {self.joint} ".join(part._as_part() for part in self.parts)
        return f"not ({text})" if self.is_negated else text

    def _as_part(self) -> str:
        return f"({self.inline()})" if self.parts and not self.is_negated else self.inline()

    def lines(self) -> list[str]:
        """As many lines as it takes, the first without a joint."""
        if self.is_negated:
            inner = Condition(self.sql, self.joint, self.parts)
            return [f"not ({inner.sql})"] if self.sql else ["not (", *_indented(inner.lines()), ")"]
        if self.sql:
            return _wrapped(self.sql)
        found: list[str] = []
        for part in self.parts:
            own = part.lines()
            if part.parts and not part.is_negated:
                own = ["(", *_indented(own), ")"]
            found += [f"{self.joint} {own[0]}", *own[1:]] if found else own
        return found


def condition(node: Rule | Group, context: Context) -> Condition:
    """The predicate of a rule tree: true is a pass, false a fail, NULL unknown."""
    if isinstance(node, Rule):
        return Condition(OPERATORS[node.op].sql(node, context))
    parts = [condition(member, context) for member in node.all]
    if node.any:
        parts.append(_joined("or", [condition(member, context) for member in node.any]))
    if node.none:
        none = _joined("or", [condition(member, context) for member in node.none])
        parts.append(Condition(none.sql, none.joint, none.parts, True) if not none.is_negated else _negated(none))
    return _joined("and", parts)


def _negated(inner: Condition) -> Condition:
    return Condition(joint="and", parts=(inner,), is_negated=True)


def _joined(joint: str, parts: list[Condition]) -> Condition:
    if len(parts) == 1:
        return parts[0]
    flat: list[Condition] = []
    for part in parts:
        is_same = bool(part.parts) and part.joint == joint and not part.is_negated
        flat += part.parts if is_same else [part]
    return Condition(joint=joint, parts=tuple(flat))


def _wrapped(sql: str) -> list[str]:
    """A long list of values, or comparison in brackets, on as many lines as it takes."""
    left, sign, right = sql.partition(" >= ")
    if len(sql) > WIDTH and sign and sql.startswith("("):
        return ["(", f"    {left[1:]}", f"    >= {right[:-1]}", ")"]
    head, bracket, values = sql.partition(" (")
    if len(sql) <= WIDTH or not bracket or not head.endswith(" in"):
        return [sql]
    return [f"{head} (", *_indented(textwrap.wrap(values.removesuffix(")"), WIDTH - 20)), ")"]


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


# ---- words


def rule_text(segment: Segment) -> str:
    """The rules of a segment in words; of one that is written by hand its description."""
    if segment.rules is None:
        return segment.description or ""
    parts = [condition_text(segment.rules)]
    if segment.enter_after_days:
        parts.append(f"taken in after {segment.enter_after_days} days")
    if segment.exit_after_days:
        parts.append(f"let go after {segment.exit_after_days} days")
    return "; ".join(parts)


def condition_text(node: Rule | Group) -> str:
    """A rule tree in words."""
    if isinstance(node, Rule):
        words = OPERATORS[node.op].words(node)
        return f"{words}: {condition_text(node.rule)}" if node.rule else words
    parts = []
    groups = {name: members for name in ("all", "any", "none") if (members := getattr(node, name))}
    for name, members in groups.items():
        text = (" and " if name == "all" else " or ").join(map(condition_text, members))
        if len(members) > 1 and (name != "all" or len(groups) > 1):
            text = f"({text})"
        parts.append(f"not {text}" if name == "none" else text)
    return " and ".join(parts)


# ---- leaves


def leaves(node: Rule | Group | None, is_negated: bool = False) -> Iterator[tuple[Rule, bool]]:
    """All leaves in order, each with whether it stands below an odd number of `none`."""
    if isinstance(node, Rule):
        yield node, is_negated
    elif node is not None:
        for (name, _), member in node.nodes():
            yield from leaves(member, is_negated != (name == "none"))


# ---- judged in Python


def judged(node: Rule | Group, row: Mapping[str, Any], as_of: date) -> Truth:
    """What a rule tree says of one entity, as SQL would: of its features, percentiles, memberships and customers."""
    if isinstance(node, Rule):
        return _judged_leaf(node, row, as_of)
    parts = [judged(member, row, as_of) for member in node.all]
    if node.any:
        parts.append(_either([judged(member, row, as_of) for member in node.any]))
    if node.none:
        none = _either([judged(member, row, as_of) for member in node.none])
        parts.append(None if none is None else not none)
    return False if False in parts else None if None in parts else True


def _either(parts: list[Truth]) -> Truth:
    return True if True in parts else None if None in parts else False


def _judged_leaf(rule: Rule, row: Mapping[str, Any], as_of: date) -> Truth:
    operator = OPERATORS[rule.op]
    if operator.is_of_customers and rule.rule:
        truths = [judged(rule.rule, customer, as_of) for customer in row.get("customers") or []]
        return operator.holds(tuple(truths.count(truth) for truth in (True, False, None)), rule, as_of)
    if operator.form == "segment":
        name = str(rule.value).partition(".")[0]
        return operator.holds(row.get(name, row.get(f"in_{name}", CATCH_ALL)), rule, as_of)
    seen = row.get(percentile_column(rule) if operator.form == "share" else str(rule.feature))
    return None if seen is None and operator.form != "none" else operator.holds(seen, rule, as_of)


__all__ = ["Condition", "Context", "condition", "condition_text", "customers_column", "judged", "leaves", "rule_text"]
