"""A difference of definitions as tables, on a screen or in a pull request."""

from __future__ import annotations

from segmentry.cli import screen
from segmentry.segments.diff import Difference

_COLUMNS = ["dimension", "segment", "kept", "entered", "left", "MRR kept", "MRR entered", "MRR left"]


def show_difference(found: Difference, base: str) -> None:
    """Segments, who moved, totals."""
    if found.moves:
        screen.table(f"Memberships since {base}", _COLUMNS, _rows(found), right=tuple(_COLUMNS[2:]))
    for move in found.moves:
        for verb, who in (("entered", move.who_entered), ("left", move.who_left)):
            if who:
                screen.out().print(f"{move.dimension}.{move.segment_key} {verb}: {', '.join(who)}", markup=False)
    screen.out().print(_summary(found, base), markup=False)


def as_markdown(found: Difference, base: str) -> str:
    """The same as a table of a pull request."""
    lines = [f"**Segments: memberships since `{base}`**", ""]
    if found.moves:
        lines.append(f"| {' | '.join(_COLUMNS)} |")
        lines.append("|---|---|" + "---:|" * (len(_COLUMNS) - 2))
        lines += [f"| {' | '.join(_text(cell) for cell in row)} |" for row in _rows(found)]
        lines.append("")
    return "\n".join([*lines, _summary(found, base)])


def _rows(found: Difference) -> list[list[object]]:
    return [
        [m.dimension, m.segment_key, m.kept, m.entered, m.left, m.mrr_kept, m.mrr_entered, m.mrr_left]
        for m in found.moves
    ]


def _summary(found: Difference, base: str) -> str:
    if not found.changed_definitions:
        return f"No definition decides otherwise than in {base}."
    moved = [f"{count:,} {entity}s with {mrr:,} MRR" for entity, (count, mrr) in sorted(found.moved.items())]
    return f"Changed: {', '.join(found.changed_definitions)}. Moved: {' and '.join(moved) or 'nobody'}."


def _text(cell: object) -> str:
    return cell if isinstance(cell, str) else f"{cell:,}"
