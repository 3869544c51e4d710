"""Chi-square tests and erfc against SciPy."""

from __future__ import annotations

import pytest
from scipy.special import erfc
from scipy.stats import chi2
from test_macros import macros, value


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
