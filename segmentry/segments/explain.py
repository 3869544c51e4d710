"""`segments explain`: what each rule of a segment says of one customer or account, as published."""

from __future__ import annotations

from dataclasses import dataclass

from segmentry.config import Settings
from segmentry.definitions.model import suggestion
from segmentry.duck import open_read_only
from segmentry.errors import EnvironmentProblemError, UsageError

_RULES = """
    select
        dimension || '.' || segment_key as segment,
        is_member,
        rule_text,
        is_negated,
        value_seen,
        result,
        distance
    from segments.segment_explanations
    where
        entity_id = $entity
        and case
            when $segment is null then is_member
            else $segment in (segment_key, dimension || '.' || segment_key)
        end
    order by dimension, priority, rule_id
"""
_SEGMENTS = "select distinct dimension || '.' || segment_key as segment from segments.segment_explanations order by 1"


@dataclass(frozen=True)
class RuleSaid:
    """What one rule says of an entity. `negated`: it stands in `none`; `distance` to the threshold of numbers."""

    segment: str
    is_member: bool
    rule: str
    negated: bool
    seen: str | None
    outcome: str
    distance: float | None


def explain(settings: Settings, entity_id: str, segment: str | None) -> list[RuleSaid]:
    """The rules of the segments named (`segment` or `dimension.segment`; None: those the entity is in).

    Raises UsageError when the published marts have no such entity or no rules of such a segment,
    EnvironmentProblemError when nothing is published.
    """
    path = settings.published / "marts.duckdb"
    if not path.is_file():
        raise EnvironmentProblemError("nothing is published yet", "Run `segmentry build` first.")
    with open_read_only(path) as connection:
        rows = connection.execute(_RULES, {"entity": entity_id, "segment": segment}).fetchall()
        if not rows:
            known = [row[0] for row in connection.execute(_SEGMENTS).fetchall()]
            if segment is not None and segment not in known + [name.partition(".")[2] for name in known]:
                hint = suggestion(segment, known) or " See `segmentry segments list`; one written by hand has no rules."
                raise UsageError(f"there is no segment '{segment}' with rules", hint.strip())
            raise UsageError(f"no rules are known of '{entity_id}'", "Give a customer_id or account_id of the marts.")
    return [RuleSaid(*row) for row in rows]


def line(said: RuleSaid) -> list[object]:
    """A row of a table: segment, in or out, rule, value seen, outcome, distance."""
    outcome = f"not {said.outcome}" if said.negated and said.outcome != "unknown" else said.outcome
    distance = None if said.distance is None else f"{said.distance:g}"
    return [said.segment, "in" if said.is_member else "out", said.rule, said.seen, outcome, distance]
