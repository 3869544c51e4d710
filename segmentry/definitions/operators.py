"""The operators of rules. Everything that is known of one stands in its entry of OPERATORS: which features it fits, the
form of its value, its meaning, its words, its SQL, and how far a value is from the threshold.

To add an operator, add an entry. Lint, compiler, explanations, fixtures and the JSON Schema follow.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from segmentry.definitions.sets import Cut, above, at_least, at_most, below

if TYPE_CHECKING:
    from segmentry.definitions.model import Rule
    from segmentry.definitions.rules import Context

ORDERED = frozenset({"integer", "number", "date"})
ANY = frozenset({"integer", "number", "boolean", "text", "date"})
NONE: frozenset[str] = frozenset()
MAX_NAME = 40

Truth = bool | None
"""True is a pass, False a fail, None unknown."""


@dataclass(frozen=True)
class Operator:
    """`kinds`: types of features it fits (none: it takes no feature). `form`: what the value is.

    `meaning` is for people who write rules, `words` for people who read them. `sql` is a predicate, `seen` the column
    it looks at, `distances` what is measured and the bounds it is held against. `holds` says in Python what the
    predicate says in SQL of a value that is known. `interval`: the numbers that pass, for the linter.
    """

    kinds: frozenset[str]
    form: str
    meaning: str
    words: Callable[[Rule], str]
    sql: Callable[[Rule, Context], str]
    holds: Callable[[Any, Rule, date], Truth]
    seen: Callable[[Rule, Context], str] = lambda rule, context: str(rule.feature)
    distances: Callable[[Rule, Context], list[str]] = lambda rule, context: []
    interval: Callable[[float], tuple[Cut, Cut]] | None = None

    @property
    def is_of_customers(self) -> bool:
        """Whether it asks the customers of an account."""
        return self.form == "customers"


# ---- values


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


def percentile_column(rule: Rule) -> str:
    """The column that holds the feature's percentile among those of the same date and `within`."""
    return "__".join(["percentile", str(rule.feature), *(["by", *groups] if (groups := within(rule)) else [])])


def within(rule: Rule) -> list[str]:
    """The features whose equal values make the group that a percentile is taken in."""
    return [rule.within] if isinstance(rule.within, str) else rule.within or []


def customers_column(rule: Rule) -> str:
    """Prefix of the columns that count an account's customers by what the rule says of them."""
    inner = rule.rule.model_dump(exclude={"id"}, exclude_unset=True, exclude_none=True) if rule.rule else {}
    said = re.sub(r"\W+", "_", f"{inner.get('feature')}_{inner.get('op')}_{inner.get('value', '')}").strip("_")
    if "op" not in inner or len(said) > MAX_NAME:
        text = json.dumps(inner, sort_keys=True, default=str)
        said = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:12]
    return f"customers__{said}".lower()


# ---- the parts of entries


def _name(rule: Rule) -> str:
    return str(rule.feature or "").replace("_", " ")


def _shown(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _compared(sign: str, verb: str, holds: Callable[[Any, Any], bool], **more: Any) -> Operator:
    """One value on each side."""
    is_equality = sign in {"=", "<>"}

    def sql(rule: Rule, context: Context) -> str:
        if isinstance(rule.value, bool):
            return str(rule.feature) if rule.value == (sign == "=") else f"not {rule.feature}"
        return f"{rule.feature} {sign} {context.literal(rule, rule.value)}"

    return Operator(
        kinds=ANY if is_equality else ORDERED,
        form="one",
        meaning=f"The feature {verb} the value.",
        words=lambda rule: f"{_name(rule)} {verb} {_shown(rule.value)}",
        sql=sql,
        holds=lambda seen, rule, as_of: holds(*_points(seen, rule.value)),
        distances=(lambda rule, context: []) if sign == "<>" else _from_threshold,
        **more,
    )


def _points(seen: Any, value: Any) -> tuple[Any, Any]:
    is_day = isinstance(seen, date) or isinstance(value, date)
    return (as_date(seen), as_date(value)) if is_day else (seen, value)


def _from_threshold(rule: Rule, context: Context) -> list[str]:
    """How far the feature is from each bound; nothing for a text or a yes or no."""
    kind = context.kind(rule)
    bounds = rule.value if isinstance(rule.value, list) else [rule.value]
    if kind == "date":
        days = [context.dialect.days_between(context.literal(rule, bound), str(rule.feature)) for bound in bounds]
        return [f"abs({difference})" for difference in days]
    if kind in {"integer", "number"}:
        return [context.difference(str(rule.feature), bound) for bound in bounds]
    return []


def _listed(sign: str, verb: str, wanted: bool) -> Operator:
    return Operator(
        kinds=ANY - {"boolean"},
        form="list",
        meaning=f"The feature {verb} the values.",
        words=lambda rule: f"{_name(rule)} {verb} {', '.join(map(_shown, rule.value))}",
        sql=lambda rule, context: f"{rule.feature} {sign} ({', '.join(context.literal(rule, v) for v in rule.value)})",
        holds=lambda seen, rule, as_of: any(a == b for a, b in (_points(seen, v) for v in rule.value)) == wanted,
    )


def _known(sign: str, verb: str) -> Operator:
    return Operator(
        kinds=ANY,
        form="none",
        meaning=f"The feature {verb}.",
        words=lambda rule: f"{_name(rule)} {verb}",
        sql=lambda rule, context: f"{rule.feature} {sign}",
        holds=lambda seen, rule, as_of: (seen is None) == (sign == "is null"),
    )


def _days_since(sign: str, verb: str, interval: Callable[[float], tuple[Cut, Cut]]) -> Operator:
    def days(rule: Rule, context: Context) -> str:
        return context.dialect.days_between(str(rule.feature), "as_of_date")

    def holds(seen: Any, rule: Rule, as_of: date) -> bool:
        passed = (as_of - as_date(seen)).days
        return bool(passed >= rule.value) if sign == ">=" else bool(passed <= rule.value)

    return Operator(
        kinds=frozenset({"date"}),
        form="days",
        meaning=f"The date lies at {verb} so many days before the as-of date.",
        words=lambda rule: f"{_name(rule)} was at {verb} {rule.value} days ago",
        sql=lambda rule, context: f"{days(rule, context)} {sign} {rule.value}",
        holds=holds,
        distances=lambda rule, context: [context.difference(days(rule, context), rule.value)],
        interval=interval,
    )


def _percentile_words(rule: Rule) -> str:
    among = f" among those of the same {' and '.join(within(rule))}".replace("_", " ") if within(rule) else ""
    return f"{_name(rule)} is at or above the percentile {rule.value}{among}"


def _of_customers(
    who: str, sql: Callable[[str, Rule], str], holds: Callable[[tuple[int, int, int], Rule], Truth]
) -> Operator:
    """What the rule below the leaf says of the customers; those it knows nothing of leave open what they could turn."""
    share = "share" in who
    return Operator(
        kinds=NONE,
        form="customers",
        meaning=f"The rule holds for {'a share' if share else who.split(maxsplit=1)[0]} of the account's customers.",
        words=lambda rule: f"of {who.format(rule.value)}",
        sql=lambda rule, context: sql(customers_column(rule), rule),
        holds=lambda seen, rule, as_of: holds(seen, rule),
        seen=lambda rule, context: f"{customers_column(rule)}_passed",
    )


def _any_passed(column: str) -> str:
    return f"case when {column}_passed > 0 then true when {column}_unknown = 0 then false end"


def _any(counts: tuple[int, int, int]) -> Truth:
    passed, _, unknown = counts
    return True if passed else None if unknown else False


def _every(counts: tuple[int, int, int]) -> Truth:
    passed, failed, unknown = counts
    return False if failed else True if passed and not unknown else None


def _share_of(counts: tuple[int, int, int], rule: Rule) -> Truth:
    passed, failed, _ = counts
    return passed >= rule.value * (passed + failed) if passed + failed else None


OPERATORS: Mapping[str, Operator] = {
    "eq": _compared("=", "is", lambda seen, value: bool(seen == value)),
    "neq": _compared("<>", "is not", lambda seen, value: bool(seen != value)),
    "gt": _compared(">", "is above", lambda seen, value: bool(seen > value), interval=above),
    "gte": _compared(">=", "is at least", lambda seen, value: bool(seen >= value), interval=at_least),
    "lt": _compared("<", "is below", lambda seen, value: bool(seen < value), interval=below),
    "lte": _compared("<=", "is at most", lambda seen, value: bool(seen <= value), interval=at_most),
    "in": _listed("in", "is one of", True),
    "not_in": _listed("not in", "is none of", False),
    "between": Operator(
        kinds=ORDERED,
        form="range",
        meaning="The feature lies in [lowest, highest], both included.",
        words=lambda rule: f"{_name(rule)} is between {' and '.join(map(_shown, rule.value))}",
        sql=lambda rule, context: (
            f"{rule.feature} between {' and '.join(context.literal(rule, value) for value in rule.value)}"
        ),
        holds=lambda seen, rule, as_of: (
            as_point("date", rule.value[0]) <= as_date(seen) <= as_point("date", rule.value[1])
            if isinstance(seen, date) or isinstance(rule.value[0], date)
            else bool(rule.value[0] <= seen <= rule.value[1])
        ),
        distances=_from_threshold,
    ),
    "is_null": _known("is null", "is not known"),
    "not_null": _known("is not null", "is known"),
    "days_since_gte": _days_since(">=", "least", at_least),
    "days_since_lte": _days_since("<=", "most", at_most),
    "percentile_gte": Operator(
        kinds=frozenset({"integer", "number"}),
        form="share",
        meaning="The feature's percentile among all of the same date (and the same `within`) is at least this share.",
        words=_percentile_words,
        sql=lambda rule, context: f"{percentile_column(rule)} >= {rule.value}",
        holds=lambda seen, rule, as_of: bool(seen >= rule.value),
        seen=lambda rule, context: percentile_column(rule),
        distances=lambda rule, context: [context.difference(percentile_column(rule), rule.value)],
        interval=at_least,
    ),
    "member_of": Operator(
        kinds=NONE,
        form="segment",
        meaning="The entity is in another segment, written `dimension.segment`.",
        words=lambda rule: f"in the segment {rule.value}",
        sql=lambda rule, context: context.membership(rule),
        holds=lambda seen, rule, as_of: seen if isinstance(seen, bool) else seen == str(rule.value).partition(".")[2],
        seen=lambda rule, context: context.membership(rule).split(" ")[0],
    ),
    "any_of": _of_customers(
        "any customer", lambda column, rule: f"({_any_passed(column)})", lambda counts, rule: _any(counts)
    ),
    "all_of": _of_customers(
        "every customer",
        lambda column, rule: (
            f"(case when {column}_failed > 0 then false"
            f" when {column}_unknown = 0 and {column}_passed > 0 then true end)"
        ),
        lambda counts, rule: _every(counts),
    ),
    "none_of": _of_customers(
        "no customer",
        lambda column, rule: f"(not {_any_passed(column)})",
        lambda counts, rule: None if (found := _any(counts)) is None else not found,
    ),
    "share_gte": _of_customers(
        "at least a share {} of the customers",
        lambda column, rule: f"({column}_passed >= {rule.value} * nullif({column}_passed + {column}_failed, 0))",
        _share_of,
    ),
}

CUSTOMERS = frozenset(name for name, operator in OPERATORS.items() if operator.is_of_customers)
"""Operators of accounts: what their customers are."""
