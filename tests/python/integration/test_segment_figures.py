"""Figures about segments of the published demo, worked out again by other means: numpy and sets of ids."""

from __future__ import annotations

import datetime
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def marts(demo_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(demo_home / "published" / "marts.duckdb"), read_only=True) as connection:
        yield connection


def _rows(marts: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return marts.execute(query).fetchall()


def _state_on(intervals: list[list[Any]], day: datetime.date) -> str | None:
    """The segment whose half-open interval holds the day."""
    for segment, start, end in intervals:
        if start <= day and (end is None or day < end):
            return str(segment)
    return None


@pytest.fixture(scope="module")
def matrices(marts: duckdb.DuckDBPyConnection) -> dict[str, tuple[list[str], np.ndarray]]:
    """Dimension -> its segments and monthly shares, by walking every entity through the last twelve months' ends."""
    (as_of,) = _rows(marts, "select max(as_of_date) from segments.segment_membership")[0]
    exclusive = {row[0] for row in _rows(marts, "select dimension from core.dim_segments where is_exclusive")}
    intervals = defaultdict(list)
    for dimension, entity, *interval in _rows(
        marts, "select dimension, entity_id, segment_key, valid_from, valid_to from segments.segment_membership_history"
    ):
        if dimension in exclusive:
            intervals[dimension, entity].append(interval)
    oldest = (as_of - datetime.timedelta(364)).replace(day=1) - datetime.timedelta(1)
    # the as-of day is not over: rows of it were still received, so a month that ends on it is incomplete
    days = [oldest + datetime.timedelta(n) for n in range((as_of - oldest).days)]
    ends = [day for day in days if (day + datetime.timedelta(1)).day == 1]
    moves: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for (dimension, _), found in intervals.items():
        states = [_state_on(found, end) for end in ends]
        for before, after in itertools.pairwise(states):
            if before and after:
                moves[dimension][before, after] += 1
    today = defaultdict(set)
    for dimension, segment in _rows(marts, "select distinct dimension, segment_key from segments.segment_membership"):
        today[dimension].add(segment)
    result = {}
    for dimension in exclusive:
        counts = moves[dimension]
        segments = sorted(today[dimension] | set(itertools.chain.from_iterable(counts)))
        matrix = np.array([[counts[a, b] for b in segments] for a in segments], dtype=float)
        for place, row in enumerate(matrix):
            matrix[place] = row / row.sum() if row.sum() else np.eye(len(segments))[place]
        result[dimension] = (segments, matrix)
    return result


def test_the_matrix_is_that_of_walking_everyone_from_month_end_to_month_end(marts, matrices):
    told = {
        tuple(row[:3]): float(row[3])
        for row in _rows(
            marts,
            "select dimension, from_segment_key, to_segment_key, share from segments.segment_transition_matrix"
            " where months_ahead = 1",
        )
    }
    counted = {
        (dimension, a, b): matrix[i, j]
        for dimension, (segments, matrix) in matrices.items()
        for i, a in enumerate(segments)
        for j, b in enumerate(segments)
        if matrix[i, j]
    }
    assert len(counted) > 100
    assert told.keys() == counted.keys()
    assert all(abs(told[key] - share) < 1e-12 for key, share in counted.items())


def power_of(matrix, doublings):
    """The matrix of 2 to the power of `doublings` months, renormalised so that rounding does not add up."""
    for _ in range(doublings):
        matrix = matrix @ matrix
        matrix /= matrix.sum(axis=1, keepdims=True)
    return matrix


def test_the_long_run_is_todays_shares_times_a_high_power_of_the_matrix(marts, matrices):
    columns = "dimension, segment_key, members, long_run_share, no_long_run_because"
    told = {
        (dimension, segment): (members, share, reason)
        for dimension, segment, members, share, reason in _rows(
            marts, f"select {columns} from segments.segment_steady_states"
        )
    }
    today = Counter(_rows(marts, "select dimension, segment_key from segments.segment_membership"))
    for dimension, (segments, matrix) in matrices.items():
        members = np.array([today[dimension, segment] for segment in segments], dtype=float)
        half, ahead = (members / members.sum() @ power_of(matrix, doublings) for doublings in (13, 14))
        settles = np.abs(ahead - half).max() <= 1e-6
        assert np.abs(ahead @ matrix - ahead).max() < 1e-3, "no dimension of the demo goes round in a circle"
        for segment, count, share in zip(segments, members, ahead, strict=True):
            expected = (count, pytest.approx(share, abs=1e-7) if settles else None)
            assert told[dimension, segment][:2] == expected, (dimension, segment)
            assert (told[dimension, segment][2] is None) == settles
    assert len(told) == sum(len(segments) for segments, _ in matrices.values())


def test_overlap_is_that_of_the_sets_of_members(marts):
    members = defaultdict(set)
    for entity_type, entity, dimension, segment in _rows(
        marts, "select entity_type, entity_id, dimension, segment_key from segments.segment_membership"
    ):
        members[entity_type, dimension, segment].add(entity)
    counted = {}
    for (a, mine), (b, others) in itertools.permutations(members.items(), 2):
        both = len(mine & others)
        if a[0] == b[0] and a[1] != b[1] and both:
            counted[*a, *b[1:]] = (len(mine), len(others), both, pytest.approx(both / len(mine | others)))
    told = {
        tuple(row[:5]): tuple(row[5:])
        for row in _rows(
            marts,
            "select entity_type, dimension, segment_key, other_dimension, other_segment_key, members, other_members,"
            " intersection, jaccard from segments.segment_overlap",
        )
    }
    assert len(counted) > 500
    assert told == counted
