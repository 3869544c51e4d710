"""What is wrong with rules that are well formed one by one: contradictions, repetitions, what is never reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from segmentry.definitions.findings import Finding
from segmentry.definitions.model import Dimension, Group, Path_, Rule, Segment
from segmentry.segments.logic import Box, Features, TooComplexError, canonical, conjunction, passing, remainder
from segmentry.segments.versions import rules_key


def check_logic(dimension: Dimension, segments: Iterable[tuple[int, Segment]], features: Features) -> Iterator[Finding]:
    """Findings in rules together: within a segment, and between segments in their order of priority."""
    taken: list[tuple[Segment, list[Box]]] = []
    for index, segment in segments:
        if segment.rules is None:
            continue
        base: Path_ = ("segments", index, "rules")
        yield from _repeated(dimension, segment, segment.rules, base, {})
        try:
            boxes = passing(segment.rules, features)
            if not boxes:
                text = f"segment {segment.key}: {_contradiction(segment.rules, features)}"
                yield dimension.at("SEG301", text, *base)
                continue
            yield from _dead_branches(dimension, segment, segment.rules, base, features)
            if dimension.exclusive:
                is_copy = any(
                    rules_key(earlier.rules) == rules_key(segment.rules) for earlier, _ in taken if earlier.rules
                )
                if not is_copy and not remainder(boxes, [box for _, earlier in taken for box in earlier]):
                    names = [s.key for s, earlier in taken if conjunction(boxes, earlier)]
                    text = (
                        f"segment {segment.key}: whoever passes is in {' or '.join(names)} already, which comes first"
                    )
                    yield dimension.at("SEG304", text, "segments", index)
                taken.append((segment, boxes))
        except TooComplexError:
            continue


def _contradiction(rules: Group, features: Features) -> str:
    """The first two rules that cannot both pass, or that no value passes."""
    demanded = [(node, wanted) for node, wanted in _demands(rules, True) if isinstance(node, Rule)]
    for position, (first, wants_first) in enumerate(demanded):
        for second, wants_second in demanded[position + 1 :]:
            pair = Group(
                all=[r for r, wanted in ((first, wants_first), (second, wants_second)) if wanted],
                none=[r for r, wanted in ((first, wants_first), (second, wants_second)) if not wanted],
            )
            if not passing(pair, features):
                return f"rules {first.id} and {second.id} cannot both hold"
    return "no value passes its rules"


def _demands(node: Rule | Group, wanted: bool) -> Iterator[tuple[Rule | Group, bool]]:
    """What must pass, or must fail, for the node to pass."""
    yield node, wanted
    if isinstance(node, Group) and wanted:
        for child in node.all:
            yield from _demands(child, True)
        for child in node.none:
            yield from _demands(child, False)


def _dead_branches(
    dimension: Dimension, segment: Segment, group: Group, path: Path_, features: Features
) -> Iterator[Finding]:
    """Alternatives of an `any` that what surrounds them rules out."""
    surroundings = passing(Group(all=group.all, none=group.none), features)
    for where, node in group.nodes():
        if where[0] == "none":
            continue  # what must fail may well be impossible
        if where[0] == "any" and not conjunction(surroundings, passing(node, features)):
            name = f"rule {node.id}" if isinstance(node, Rule) else "a group"
            text = f"segment {segment.key}: {name} of any cannot hold together with the rules around it"
            yield dimension.at("SEG301", text, *path, *where)
        elif isinstance(node, Group):
            yield from _dead_branches(dimension, segment, node, (*path, *where), features)


def _repeated(
    dimension: Dimension, segment: Segment, group: Group, path: Path_, inherited: dict[str, str | None]
) -> Iterator[Finding]:
    """Rules that say again what holds already: beside them, or in a group around them."""
    beside = {"all": inherited, "any": dict(inherited), "none": {}}
    for where, node in group.nodes():
        known = beside[str(where[0])]
        if isinstance(node, Group):
            below = known if where[0] == "all" else dict(known)
            yield from _repeated(dimension, segment, node, (*path, *where), below)
            continue
        key = canonical(node)
        if key in known:
            text = f"segment {segment.key}: rule {node.id} repeats rule {known[key]}"
            yield dimension.at("SEG302", text, *path, *where)
        known.setdefault(key, node.id)
