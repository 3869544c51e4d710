"""Sets of values of one feature, closed under intersection and complement: what rules say about it, exactly.

An ordered feature (number, date) is a union of intervals between cuts. A cut is a value with 0 (just before it) or 1
(just after it). Other features are a finite set or the complement of one. NULL belongs to a set or does not.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

Cut = tuple[float, int]

_BOTTOM: Cut = (-math.inf, 0)
_TOP: Cut = (math.inf, 1)
_TRUTH = frozenset({True, False})  # nothing is neither


@dataclass(frozen=True)
class Values:
    """A set of values of a feature; see `ordered` and `discrete` for how to make one."""

    null: bool
    intervals: tuple[tuple[Cut, Cut], ...] | None = None
    members: frozenset[Hashable] = frozenset()
    is_complement: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no value and not NULL belongs to it."""
        if self.null:
            return False
        if self.intervals is not None:
            return not self.intervals
        return self.members == _TRUTH if self.is_complement else not self.members

    def complement(self) -> Values:
        """Everything else, NULL included where it was not."""
        if self.intervals is not None:
            edges = [_BOTTOM, *(cut for interval in self.intervals for cut in interval), _TOP]
            pairs = zip(edges[::2], edges[1::2], strict=True)
            return Values(not self.null, tuple((low, high) for low, high in pairs if low < high))
        return Values(not self.null, None, self.members, not self.is_complement)

    def without_null(self) -> Values:
        """The same values, NULL taken out."""
        return Values(False, self.intervals, self.members, self.is_complement)

    def intersect(self, other: Values) -> Values:
        """What belongs to both. Both are sets of the same feature, so both are ordered or both are not."""
        null = self.null and other.null
        if self.intervals is not None and other.intervals is not None:
            both = ((max(a[0], b[0]), min(a[1], b[1])) for a in self.intervals for b in other.intervals)
            return Values(null, tuple((low, high) for low, high in both if low < high))
        if self.is_complement and other.is_complement:
            return Values(null, None, self.members | other.members, True)
        if self.is_complement or other.is_complement:
            finite, excluded = (other, self) if self.is_complement else (self, other)
            return Values(null, None, finite.members - excluded.members)
        return Values(null, None, self.members & other.members)


def ordered(intervals: Iterable[tuple[Cut, Cut]], whole_numbers: bool, null: bool = False) -> Values:
    """A union of intervals; of whole numbers, `> 5` is `>= 6`."""
    cuts = [(_whole(low), _whole(high)) if whole_numbers else (low, high) for low, high in intervals]
    merged: list[tuple[Cut, Cut]] = []
    for low, high in sorted(pair for pair in cuts if pair[0] < pair[1]):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return Values(null, tuple(merged))


def everything_ordered(null: bool = False) -> Values:
    """Every number or date."""
    return Values(null, ((_BOTTOM, _TOP),))


def discrete(members: Iterable[Hashable], is_complement: bool = False) -> Values:
    """These values, or all but these."""
    return Values(False, None, frozenset(members), is_complement)


def at_least(value: float) -> tuple[Cut, Cut]:
    """The interval from a value on."""
    return (value, 0), _TOP


def above(value: float) -> tuple[Cut, Cut]:
    """The interval behind a value."""
    return (value, 1), _TOP


def at_most(value: float) -> tuple[Cut, Cut]:
    """The interval up to and with a value."""
    return _BOTTOM, (value, 1)


def below(value: float) -> tuple[Cut, Cut]:
    """The interval before a value."""
    return _BOTTOM, (value, 0)


def exactly(value: float) -> tuple[Cut, Cut]:
    """One value."""
    return (value, 0), (value, 1)


def _whole(cut: Cut) -> Cut:
    value, side = cut
    if math.isinf(value):
        return cut
    floor = math.floor(value)
    return (floor if floor == value and side == 0 else floor + 1), 0
