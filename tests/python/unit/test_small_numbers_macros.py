"""Rates with their interval against SciPy's own Wilson interval, which is solved from the score test."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest
from test_macros import macros, rows_of


def measured(numerator, denominator, **changed):
    ((*values,),) = rows_of("select " + macros(**changed).rate_with_interval("rate", numerator, denominator))
    return values


@pytest.mark.parametrize(
    ("hits", "n"), [(0, 1), (1, 1), (0, 29), (1, 30), (7, 30), (30, 30), (8, 100), (10, 120), (999, 1000), (3, 10**7)]
)
def test_wilson_interval(hits, n):
    rate, low, high, is_small = measured(str(hits), str(n))
    expected = binomtest(hits, n).proportion_ci(confidence_level=0.95, method="wilson")
    assert rate == pytest.approx(hits / n)
    assert low == pytest.approx(expected.low, abs=1e-12)
    assert high == pytest.approx(expected.high, abs=1e-12)
    assert 0 <= low <= rate <= high <= 1
    assert is_small is (n < 30)


@pytest.mark.parametrize(
    ("numerator", "denominator", "is_small"),
    [("0", "0", True), ("cast(null as bigint)", "40", False), ("3", "cast(null as bigint)", True)],
)
def test_nothing_is_known_without_both_parts(numerator, denominator, is_small):
    assert measured(numerator, denominator) == [None, None, None, is_small]


def test_more_hits_than_tries_have_a_rate_and_no_interval():
    assert measured("3", "1") == [3, None, None, True]


def test_the_floor_is_a_var_and_the_flag_can_be_left_out():
    m = macros(small_n_floor=8)
    assert rows_of(f"select {m.is_small_n('7')}, {m.is_small_n('8')}") == [(True, False)]
    columns = m.rate_with_interval("rate", "1", "4", flag=None)
    assert "is_small" not in columns
    assert columns.count(" as rate") == 3
    low, high = rows_of(f"select {m.wilson_bound('1', '4', '-')}, {m.wilson_bound('1', '4', '+')}")[0]
    assert (low, high) == pytest.approx((0.0456, 0.6994), abs=5e-5), "published for 1 of 4"


@pytest.mark.parametrize(
    ("hits", "n", "reference_hits", "reference_n", "published"),
    [
        (56, 70, 48, 80, (0.0524, 0.3339)),
        (9, 10, 3, 10, (0.1705, 0.8090)),
        (5, 56, 0, 29, (-0.0381, 0.1926)),
        (10, 10, 0, 10, (0.6075, 1.0000)),
    ],
)
def test_interval_of_a_difference(hits, n, reference_hits, reference_n, published):
    """Newcombe, Statistics in Medicine 17 (1998), table II, method 10: cases (a), (b), (e), (h)."""
    m = macros()
    rates = [
        m.rate_with_interval(name, str(part), str(whole), flag=None)
        for name, part, whole in [("rate", hits, n), ("reference", reference_hits, reference_n)]
    ]
    difference = m.difference_with_interval("lift", "rate", "reference")
    ((lift, low, high),) = rows_of(f"select {difference} from (select {', '.join(rates)})")
    assert lift == pytest.approx(hits / n - reference_hits / reference_n)
    assert (low, high) == pytest.approx(published, abs=5e-5)
