"""The hash of a segment's rules, and the check that a changed rule has a new version."""

from __future__ import annotations

import json
from collections.abc import Iterator

from segmentry.definitions.findings import Finding
from segmentry.definitions.hashes import rule_hash
from segmentry.definitions.model import Definitions, Dimension, Group
from segmentry.segments.logic import canonical


def rules_key(group: Group) -> str:
    """The rules in one order, without ids and without groups that change nothing: equal for equal rules."""
    return json.dumps(_normalised(group), sort_keys=True)


def unversioned_changes(base: Definitions, now: Definitions, revision: str) -> Iterator[Finding]:
    """Segments that decide otherwise than in `base` under a version that is not higher."""
    before = {(d.name, s.key): (d, i, s) for d, i, s in base.segments()}
    for dimension, index, segment in now.segments():
        old_dimension, old_index, old = before.get((dimension.name, segment.key), (None, 0, None))
        if old_dimension is None or old is None or segment.version > old.version:
            continue
        reason = _changed(old_dimension, old_index, dimension, index)
        if reason:
            text = f"segment {segment.key}: {reason} since {revision}, so its version must be above {old.version}"
            yield dimension.at("SEG408", text, "segments", index, "version")


def _changed(old: Dimension, old_index: int, new: Dimension, new_index: int) -> str | None:
    if rule_hash(old, old_index) != rule_hash(new, new_index):
        return "its rules changed"
    if (old.entity, old.exclusive) != (new.entity, new.exclusive):
        return "its dimension changed"
    overtaken = _before(old, old_index) - _before(new, new_index)
    overtaken &= {segment.key for _, segment in new.segments}
    if new.exclusive and overtaken:
        return f"it went before {', '.join(sorted(overtaken))}"
    return None


def _before(dimension: Dimension, index: int) -> set[str]:
    return {segment.key for place, segment in dimension.segments if place < index}


def _normalised(group: Group) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"all": [], "any": [], "none": []}
    for (name, _), node in group.nodes():
        if not isinstance(node, Group):
            found[str(name)].append(canonical(node))
            continue
        inner = _normalised(node)
        only = [key for key, members in inner.items() if members]
        if only == [name] and name in {"all", "any"}:
            found[str(name)] += inner[str(name)]
        else:
            found[str(name)].append(json.dumps(inner, sort_keys=True))
    return {name: sorted(members) for name, members in found.items() if members}
