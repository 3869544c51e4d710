"""`segments lint`: everything that can be said about definitions without dbt and without a database.

One function per subject; each yields findings. Logic is looked at only in segments whose rules are well formed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from segmentry.definitions.catalogue import Catalogue
from segmentry.definitions.findings import Finding
from segmentry.definitions.fixtures import verdict
from segmentry.definitions.model import CATCH_ALL, FOLDER, Definitions, Dimension, Path_, Segment, suggestion
from segmentry.definitions.operators import value_problem
from segmentry.segments.logic import Features
from segmentry.segments.logic_checks import check_logic
from segmentry.segments.rule_checks import check_rules
from segmentry.segments.versions import rules_key

MAX_SEGMENTS = 20
EXPECTATIONS = ("in", "out", "unknown")


@dataclass(frozen=True)
class Limits:
    """What the project allows. `as_of` is the day review dates are held against; None: they are not."""

    history_weeks: int
    as_of: date | None = None
    max_segments: int = MAX_SEGMENTS


def lint(definitions: Definitions, catalogue: Catalogue, limits: Limits) -> list[Finding]:
    """All findings in the order of files and lines."""
    found = [*definitions.findings, *_names(definitions), *_references(definitions), *_same_rules(definitions)]
    for dimension in definitions.dimensions:
        formal = {
            index: [*check_rules(dimension, index, segment, catalogue, limits.history_weeks)]
            for index, segment in dimension.segments
        }
        sound = [(index, segment) for index, segment in dimension.segments if not formal[index]]
        found += [finding for findings in formal.values() for finding in findings]
        found += _shape(dimension, limits)
        found += check_logic(dimension, sound, catalogue.features.get(dimension.entity, {}))
        for index, segment in dimension.segments:
            found += _steering(dimension, index, segment, catalogue, limits)
            formal_fixtures = [*_fixtures(dimension, index, segment, catalogue.features)]
            found += formal_fixtures
            if not formal[index] and not formal_fixtures:
                found += _judged(dimension, index, segment)
    return sorted(set(found))


# ---- names and shape


def _names(definitions: Definitions) -> Iterator[Finding]:
    seen: dict[str, Dimension] = {}
    for dimension in definitions.dimensions:
        if dimension.name in seen:
            first = seen[dimension.name]
            yield dimension.at("SEG108", f"dimension {dimension.name} is defined in {first.file} too", "dimension")
        seen.setdefault(dimension.name, dimension)
        keys: set[str] = set()
        for index, segment in dimension.segments:
            if segment.key in keys:
                text = f"segment {segment.key}: another segment of {dimension.name} has this key"
                yield dimension.at("SEG109", text, "segments", index, "key")
            keys.add(segment.key)
            ids: set[str | None] = set()
            for path, rule in segment.leaves(index):
                if rule.id in ids and rule.id is not None:
                    text = f"segment {segment.key}: another rule has the id {rule.id}"
                    yield dimension.at("SEG110", text, *path, "id")
                ids.add(rule.id)


def _shape(dimension: Dimension, limits: Limits) -> Iterator[Finding]:
    segments = [segment for _, segment in dimension.segments]
    complete = len(segments) == len(dimension.source.get("segments") or [])
    folder, _, file = dimension.file.rpartition("/")
    if file.rpartition(".")[0] != dimension.name:
        yield dimension.at("SEG107", f"file {file}: its dimension is {dimension.name}", "dimension")
    if folder.endswith("segments") and not dimension.exclusive:
        text = f"dimension {dimension.name}: what is not exclusive is an audience, in {FOLDER}/audiences"
        yield dimension.at("SEG107", text, "exclusive")
    if folder.endswith("audiences") and dimension.exclusive:
        text = f"audience {dimension.name}: an audience is not exclusive; a dimension stands in {FOLDER}/segments"
        yield dimension.at("SEG107", text, "exclusive")
    if dimension.is_audience and complete and [s.key for s in segments] != [dimension.name]:
        text = f"audience {dimension.name}: an audience has one segment with its own key"
        yield dimension.at("SEG107", text, "segments")
    for index, segment in dimension.segments:
        here: Path_ = ("segments", index)
        if dimension.exclusive and segment.key == CATCH_ALL:
            text = f"dimension {dimension.name}: every exclusive dimension has the catch-all {CATCH_ALL} by itself"
            yield dimension.at("SEG111", text, *here, "key")
        if segment.rules is None and not dimension.hand_written:
            yield dimension.at("SEG102", f"segment {segment.key}: rules is missing", *here)
        if segment.rules is not None and dimension.hand_written:
            text = f"segment {segment.key}: has rules, but {dimension.name} is written by hand"
            yield dimension.at("SEG107", text, *here, "rules")
    count = len(dimension.source.get("segments") or [])
    if count > limits.max_segments:
        text = f"dimension {dimension.name} has {count} segments, {limits.max_segments} at most"
        yield dimension.at("SEG112", text, "segments", limits.max_segments)


def _same_rules(definitions: Definitions) -> Iterator[Finding]:
    seen: dict[tuple[str, str], tuple[Dimension, Segment]] = {}
    for dimension, index, segment in definitions.segments():
        if segment.rules is None:
            continue
        key = dimension.entity, rules_key(segment.rules)
        other, first = seen.setdefault(key, (dimension, segment))
        # one key used twice is told by its own check
        if (other.name, first.key) != (dimension.name, segment.key):
            text = f"segment {segment.key} has the rules of {other.name}.{first.key}"
            yield dimension.at("SEG303", text, "segments", index)


# ---- references between segments


def _references(definitions: Definitions) -> Iterator[Finding]:
    known = {f"{d.name}.{s.key}": d for d, _, s in definitions.segments()}
    known |= {f"{d.name}.{CATCH_ALL}": d for d in definitions.dimensions if d.exclusive}
    graph: dict[str, list[str]] = {dimension.name: [] for dimension in definitions.dimensions}
    places: dict[str, Finding] = {}
    for dimension, index, segment in definitions.segments():
        for path, rule in segment.leaves(index):
            if rule.op != "member_of":
                continue
            label = f"segment {segment.key}, rule {rule.id}:"
            target = known.get(str(rule.value))
            if target is None:
                text = f"{label} there is no segment {rule.value}.{suggestion(rule.value, known)}"
                yield dimension.at("SEG210", text, *path, "value")
            elif target.entity != dimension.entity and not (dimension.entity == "customer" and target.exclusive):
                text = f"{label} {rule.value} is a segment of {target.entity}s"
                yield dimension.at("SEG210", text, *path, "value")
            else:
                graph[dimension.name].append(target.name)
                text = f"{label} refers in a circle"
                places.setdefault(dimension.name, dimension.at("SEG211", text, *path, "value"))
    for name, place in places.items():
        if circle := _circle(name, graph):
            yield replace(place, message=f"{place.message}: {' -> '.join(circle)}")


def _circle(start: str, graph: dict[str, list[str]]) -> list[str]:
    """The shortest way from a dimension back to itself, empty when there is none."""
    ways, seen = [[start]], set()
    for way in ways:
        for target in graph[way[-1]]:
            if target == start:
                return [*way, start]
            if target not in seen:
                seen.add(target)
                ways.append([*way, target])
    return []


# ---- what makes a segment useful


def _steering(
    dimension: Dimension, index: int, segment: Segment, catalogue: Catalogue, limits: Limits
) -> Iterator[Finding]:
    here: Path_ = ("segments", index)
    label = f"segment {segment.key}:"
    if segment.goal_kpi not in catalogue.kpis:
        text = f"{label} there is no KPI {segment.goal_kpi}.{suggestion(segment.goal_kpi, catalogue.kpis)}"
        yield dimension.at("SEG401", text, *here, "goal_kpi")
    if limits.as_of and segment.review_by < limits.as_of:
        text = f"{label} was to be reviewed by {segment.review_by}, now it is {limits.as_of}"
        yield dimension.at("SEG403", text, *here, "review_by")
    if dimension.hand_written and (segment.enter_after_days or segment.exit_after_days):
        text = f"{label} days of waiting have no effect in a dimension written by hand"
        yield dimension.at("SEG404", text, *here, "enter_after_days")


# ---- fixtures


def _fixtures(
    dimension: Dimension, index: int, segment: Segment, catalogue: Mapping[str, Features]
) -> Iterator[Finding]:
    ids = {rule.id for _, rule in segment.leaves(index) if rule.id}
    kinds = _given_kinds(dimension, index, segment, catalogue)
    of_customers = {name: feature.kind for name, feature in catalogue.get("customer", {}).items()}
    expected: dict[str, str] = {}
    for number, fixture in enumerate(segment.fixtures):
        here: Path_ = ("segments", index, "fixtures", number)
        label = f"segment {segment.key}, fixture {number + 1}:"
        customers = fixture.given.get("customers")
        listed = customers if isinstance(customers, list) else []
        rows = [(fixture.given, kinds), *((row, of_customers) for row in listed if isinstance(row, Mapping))]
        for given, known in rows:
            for name, value in given.items():
                if name == "customers" and given is fixture.given and dimension.entity == "account":
                    continue
                if name not in known:
                    text = f"{label} {name} is not in the catalogue.{suggestion(name, known)}"
                    yield dimension.at("SEG501", text, *here, "given", name)
                elif value is not None and (problem := value_problem(known[name], value)):
                    yield dimension.at("SEG503", f"{label} {name}: {problem}", *here, "given", name)
        if fixture.because is not None and fixture.because not in ids:
            text = f"{label} there is no rule {fixture.because}.{suggestion(fixture.because, ids)}"
            yield dimension.at("SEG502", text, *here, "because")
        if fixture.expect not in EXPECTATIONS:
            text = f"{label} expects {fixture.expect}; it can be {', '.join(EXPECTATIONS)}"
            yield dimension.at("SEG504", text, *here, "expect")
        values = str(sorted(fixture.given.items()))
        if expected.setdefault(values, fixture.expect) != fixture.expect:
            text = f"{label} the same values were expected {expected[values]} before"
            yield dimension.at("SEG505", text, *here, "expect")


def _judged(dimension: Dimension, index: int, segment: Segment) -> Iterator[Finding]:
    for number, fixture in enumerate(segment.fixtures):
        if problem := verdict(segment, fixture):
            text = f"segment {segment.key}, fixture {number + 1}: {problem}"
            yield dimension.at("SEG506", text, "segments", index, "fixtures", number)


def _given_kinds(
    dimension: Dimension, index: int, segment: Segment, catalogue: Mapping[str, Features]
) -> dict[str, str]:
    """Name to type of what a fixture may give: features, the date, and what rules read besides."""
    kinds = {name: feature.kind for name, feature in catalogue.get(dimension.entity, {}).items()} | {
        "as_of_date": "date"
    }
    for _, rule in segment.leaves(index):
        if rule.op == "percentile_gte" and rule.feature:
            within = [rule.within] if isinstance(rule.within, str) else rule.within or []
            kinds["__".join(["percentile", rule.feature, *(["by", *within] if within else [])])] = "number"
        elif rule.op == "member_of":
            target = str(rule.value).partition(".")[0]
            kinds |= {target: "text", f"in_{target}": "boolean"}
    return kinds
