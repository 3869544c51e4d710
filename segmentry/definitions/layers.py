"""One scan for all rules of an entity: CTEs over a CTE of features that add a column per dimension and audience.

Rules that name the members of other dimensions come in a later layer than these. Rules that need a window are a layer
of their own, since a window sorts whole rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from segmentry.definitions.model import Dimension, Segment
from segmentry.definitions.operators import OPERATORS, customers_column, percentile_column, within
from segmentry.definitions.rules import Condition, Context, condition, leaves
from segmentry.errors import UsageError


@dataclass(frozen=True)
class Layers:
    """The CTEs, one after the other, and the name of the last one."""

    ctes: tuple[str, ...]
    name: str

    @property
    def text(self) -> str:
        """The CTEs, each with a comma behind it."""
        return "\n\n".join(f"{cte}," for cte in self.ctes)


def layers(dimensions: Iterable[Dimension], context: Context, relation: str) -> Layers:
    """The CTEs that decide the membership in these dimensions over `relation`."""
    ctes: list[str] = []
    ranked: set[str] = set()
    before = relation
    for number, layer in enumerate(ordered(dimensions), 1):
        ranks = {name: lines for name, lines in percentiles(layer).items() if name not in ranked}
        if ranks:
            columns = [[*lines[:-1], f"{lines[-1]} as {name}"] for name, lines in ranks.items()]
            ctes.append(_cte(f"ranked_{number}", "percentiles that rules read", [*columns, [f"{before}.*"]], before))
            ranked |= set(ranks)
            before = f"ranked_{number}"
        steady = [(d, s) for d in layer for _, s in d.segments if is_steady(s)]
        if steady:
            ctes += _steady(steady, context, before, number)
            before = f"steady_{number}"
        columns = [_column(dimension, context) for dimension in layer]
        needs = sorted({name for dimension in layer for name in references(dimension)})
        why = f"rules over {', '.join(needs)}" if needs else "rules over features alone"
        why = "rules that rank, and segments that wait" if ranks or steady else why
        ctes.append(_cte(f"decided_{number}", why, [*columns, [f"{before}.*"]], before))
        before = f"decided_{number}"
    return Layers(tuple(ctes), before)


def ordered(dimensions: Iterable[Dimension]) -> list[list[Dimension]]:
    """Lists of dimensions, each naming members of earlier lists alone. Raises UsageError at a circle."""
    waiting = {dimension.name: dimension for dimension in dimensions}
    found = []
    while waiting:
        ready = [d for d in waiting.values() if not references(d) & set(waiting)]
        if not ready:
            raise UsageError(
                f"segments are members of each other in a circle: {', '.join(waiting)}", "Take one member_of out."
            )
        windowed = [d for d in ready if percentiles([d]) or any(is_steady(s) for _, s in d.segments)]
        found += [layer for layer in ([d for d in ready if d not in windowed], windowed) if layer]
        for dimension in ready:
            del waiting[dimension.name]
    return found


def references(dimension: Dimension) -> set[str]:
    """The dimensions whose members its rules name."""
    rules = (rule for _, segment in dimension.segments for rule, _ in leaves(segment.rules))
    return {str(rule.value).partition(".")[0] for rule in rules if OPERATORS[rule.op].form == "segment"}


def is_steady(segment: Segment) -> bool:
    """Whether a segment waits before it takes somebody in or lets somebody go."""
    return segment.enter_after_days + segment.exit_after_days > 0


def percentiles(dimensions: Iterable[Dimension]) -> dict[str, list[str]]:
    """Column -> lines of what ranks the feature that a rule reads; a missing value has no rank."""
    found = {}
    for dimension in dimensions:
        for _, segment in dimension.segments:
            for rule, _ in leaves(segment.rules):
                if OPERATORS[rule.op].form == "share" and rule.feature:
                    groups = ", ".join(["as_of_date", f"{rule.feature} is null", *within(rule)])
                    found[percentile_column(rule)] = [
                        "case",
                        f"    when {rule.feature} is not null",
                        f"        then percent_rank() over (partition by {groups} order by {rule.feature})",
                        "end",
                    ]
    return found


def customer_counts(dimensions: Iterable[Dimension], context: Context) -> dict[str, str]:
    """Column -> count of an account's customers by what a rule over them says."""
    found = {}
    for dimension in dimensions:
        for _, segment in dimension.segments:
            for rule, _ in leaves(segment.rules):
                if rule.rule is not None:
                    sql = condition(rule.rule, context.of_customers()).inline()
                    column = customers_column(rule)
                    found[f"{column}_passed"] = f"sum(case when {sql} then 1 else 0 end)"
                    found[f"{column}_failed"] = f"sum(case when not ({sql}) then 1 else 0 end)"
                    found[f"{column}_unknown"] = f"sum(case when ({sql}) is null then 1 else 0 end)"
    return found


# ---- columns


def _column(dimension: Dimension, context: Context) -> list[str]:
    """The first segment that holds of an exclusive dimension; else the first that waits and whose rule holds."""
    states = [(s, _state(dimension, s, context)) for _, s in dimension.segments]
    if not dimension.exclusive:
        return coalesced(states[0][1], dimension.column)
    lines = ["case"]
    for segment, state in states:
        lines += _when(state, segment.key)
    for segment, _ in states:
        if is_steady(segment):
            lines += _when(_rule(segment, context), segment.key)
    return [*lines, "    else 'unknown'", f"end as {dimension.column}"]


def _rule(segment: Segment, context: Context) -> Condition:
    if segment.rules is None:
        raise UsageError(f"segment {segment.key} has no rules", "Write rules, or declare hand_written.")
    return condition(segment.rules, context)


def _state(dimension: Dimension, segment: Segment, context: Context) -> Condition:
    if is_steady(segment):
        return Condition(f"is_in__{dimension.name}__{segment.key}")
    return _rule(segment, context)


def _when(state: Condition, key: str) -> list[str]:
    lines = state.lines()
    if len(lines) == 1:
        return [f"    when {lines[0]} then '{key}'"]
    return ["    when", *(f"        {line}" for line in lines), f"        then '{key}'"]


def coalesced(state: Condition, name: str) -> list[str]:
    """A condition as a column, false where it is unknown."""
    lines = state.lines()
    if len(lines) == 1:
        return [f"coalesce({lines[0]}, false) as {name}"]
    return ["coalesce(", *(f"    {line}" for line in lines[:-1]), f"    {lines[-1]},", "    false", f") as {name}"]


# ---- segments that wait


def _steady(steady: list[tuple[Dimension, Segment]], context: Context, relation: str, number: int) -> list[str]:
    """In after the rule held on every as-of date of `enter` days, out after it did on none of `exit` days.

    The windows go over narrow rows, which the wide ones then join: sorting these costs more than the join.
    """
    key = f"{context.entity}_key"
    window = f"partition by {key} order by as_of_date rows between unbounded preceding and current row"
    names = {f"{dimension.name}__{segment.key}": segment for dimension, segment in steady}
    days = context.dialect.days_between
    held = [coalesced(_rule(segment, context), f"holds__{name}") for name, segment in names.items()]
    dated, moved, last, states = [], [], [], []
    for name, segment in names.items():
        for column, test in (("held_on", ""), ("missed_on", "not ")):
            dated.append(
                [
                    f"max(case when {test}holds__{name} then as_of_date end) over (",
                    f"    {window}",
                    f") as {column}__{name}",
                ]
            )
        for column, test, since, wait in (
            ("enters_on", "", "missed_on", segment.enter_after_days),
            ("leaves_on", "not ", "held_on", segment.exit_after_days),
        ):
            passed = days(f"coalesce({since}__{name}, day_before)", "as_of_date")
            moved.append(
                [
                    "case",
                    "    when",
                    f"        {test}holds__{name}",
                    f"        and {passed} > {wait}",
                    "        then as_of_date",
                    f"end as {column}__{name}",
                ]
            )
        last += [
            [f"max({moves}__{name}) over (", f"    {window}", f") as {column}__{name}"]
            for moves, column in (("enters_on", "entered_on"), ("leaves_on", "left_on"))
        ]
        states.append(
            [
                "coalesce(",
                f"    entered_on__{name} > left_on__{name},",
                f"    entered_on__{name} is not null",
                f") as is_in__{name}",
            ]
        )
    first_day = f"min(as_of_date) over (partition by {key})"
    dated.append([f"{context.dialect.add_days(first_day, -1)} as day_before"])
    joined = [
        f"    from {relation}",
        f"    inner join moves_{number}",
        "        on",
        f"            {relation}.{key} = moves_{number}.{key}",
        f"            and {relation}.as_of_date = moves_{number}.as_of_date",
    ]
    return [
        _cte(f"held_{number}", "rules of segments that wait", [*held, [key], ["as_of_date"]], relation),
        _cte(f"dated_{number}", "when each held and missed last", [*dated, [f"held_{number}.*"]], f"held_{number}"),
        _cte(
            f"moved_{number}",
            "when it held or missed for long enough",
            [*moved, [f"dated_{number}.*"]],
            f"dated_{number}",
        ),
        _cte(f"moves_{number}", "the last of these moves", [*last, [key], ["as_of_date"]], f"moved_{number}"),
        _cte(f"steady_{number}", "in after a last move in", [*states, [f"{relation}.*"]], relation, joined),
    ]


def _cte(name: str, comment: str, columns: list[list[str]], relation: str, source: list[str] | None = None) -> str:
    lines = [f"-- {comment}", f"{name} as (", "", "    select"]
    for index, column in enumerate(columns):
        comma = "," if index + 1 < len(columns) else ""
        lines += [f"        {line}" for line in column[:-1]]
        lines.append(f"        {column[-1]}{comma}")
    return "\n".join([*lines, *(source or [f"    from {relation}"]), "", ")"])
