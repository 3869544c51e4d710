"""Differences of rates, chi-square tests and erfc against SciPy."""

from __future__ import annotations

import pytest
from scipy.special import erfc
from scipy.stats import binomtest, chi2
from test_macros import macros, rows_of, value


@pytest.mark.parametrize("x", [-6, -1.5, -0.1, 0, 1e-9, 0.3, 1, 2.5, 5, 9, 20])
def test_erfc(x):
    assert value(macros().erfc(f"cast({x!r} as double)")) == pytest.approx(erfc(x), rel=2e-7, abs=1e-300)


@pytest.mark.parametrize("statistic", [0, 0.02, 0.7, 3.841, 10.8, 60])
@pytest.mark.parametrize(("degrees", "within"), [(1, 1e-6), (2, 1e-12), (3, 5e-3), (9, 5e-3)])
def test_chi_square_p_value(statistic, degrees, within):
    found = value(macros().chi_square_p_value(f"cast({statistic} as double)", degrees))
    assert found == pytest.approx(chi2.sf(statistic, degrees), abs=within)


def test_one_variant_has_no_test():
    assert value(macros().chi_square_p_value("0.0", "0")) is None


@pytest.mark.parametrize(
    ("hits", "n", "base_hits", "base_n"), [(56, 70, 48, 80), (9, 10, 3, 10), (0, 12, 0, 9), (5, 5, 0, 5)]
)
def test_difference_with_interval(hits, n, base_hits, base_n):
    ((lift, low, high),) = rows_of("select " + macros().difference_with_interval(hits, n, base_hits, base_n))
    rate = binomtest(hits, n).proportion_ci(method="wilson")
    base = binomtest(base_hits, base_n).proportion_ci(method="wilson")
    p, q = hits / n, base_hits / base_n
    assert lift == pytest.approx(p - q)
    assert low == pytest.approx(p - q - ((p - rate.low) ** 2 + (base.high - q) ** 2) ** 0.5, abs=1e-9)
    assert high == pytest.approx(p - q + ((rate.high - p) ** 2 + (q - base.low) ** 2) ** 0.5, abs=1e-9)


def test_newcombe_as_published():
    """56/70 against 48/80: the interval of method 10 in Newcombe (1998), table II (a)."""
    ((lift, low, high),) = rows_of("select " + macros().difference_with_interval(56, 70, 48, 80))
    assert (round(lift, 4), round(low, 4), round(high, 4)) == (0.2, 0.0524, 0.3339)


def test_no_hold_out_has_no_lift():
    assert rows_of("select " + macros().difference_with_interval("1", "2", "0", "0")) == [(None, None, None)]
