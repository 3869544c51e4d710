"""What each operator of a rule takes. The compiler macro gives the operators their meaning; this table their form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

ORDERED = frozenset({"integer", "number", "date"})
ANY = frozenset({"integer", "number", "boolean", "text", "date"})


@dataclass(frozen=True)
class Operator:
    """`kinds`: types of features it fits (none: it takes no feature). `form`: what the value is."""

    kinds: frozenset[str]
    form: str


OPERATORS: Mapping[str, Operator] = {
    "eq": Operator(ANY, "one"),
    "neq": Operator(ANY, "one"),
    "in": Operator(ANY - {"boolean"}, "list"),
    "not_in": Operator(ANY - {"boolean"}, "list"),
    "gt": Operator(ORDERED, "one"),
    "gte": Operator(ORDERED, "one"),
    "lt": Operator(ORDERED, "one"),
    "lte": Operator(ORDERED, "one"),
    "between": Operator(ORDERED, "range"),
    "is_null": Operator(ANY, "none"),
    "not_null": Operator(ANY, "none"),
    "days_since_gte": Operator(frozenset({"date"}), "days"),
    "days_since_lte": Operator(frozenset({"date"}), "days"),
    "percentile_gte": Operator(frozenset({"integer", "number"}), "share"),
    "member_of": Operator(frozenset(), "segment"),
    "any_of": Operator(frozenset(), "customers"),
    "all_of": Operator(frozenset(), "customers"),
    "none_of": Operator(frozenset(), "customers"),
    "share_gte": Operator(frozenset(), "customers"),
}


CUSTOMERS = frozenset(name for name, operator in OPERATORS.items() if operator.form == "customers")
"""Operators of accounts: what their customers are."""


def value_problem(kind: str, value: Any) -> str | None:
    """What is wrong with a single value for a feature of this kind, None when it fits."""
    fits = {
        "integer": isinstance(value, int) and not isinstance(value, bool),
        "number": isinstance(value, (int, float)) and not isinstance(value, bool) and value == value,  # noqa: PLR0124
        "boolean": isinstance(value, bool),
        "text": isinstance(value, str),
        "date": isinstance(value, date) or _is_date(value),
    }[kind]
    return None if fits else f"{value!r} is no {_NAMES[kind]}"


def as_point(kind: str, value: Any) -> Any:
    """A value of an ordered feature as something that can be compared."""
    return as_date(value) if kind == "date" else value


def as_date(value: Any) -> date:
    """A date written as such or as text."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(value)


_NAMES = {"integer": "whole number", "number": "number", "boolean": "true or false", "text": "text", "date": "date"}


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False
