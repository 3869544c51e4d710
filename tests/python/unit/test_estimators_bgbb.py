"""BG/BB against its definition: every sequence of purchases and every time of leaving, averaged over both
probabilities by a quadrature that is exact for polynomials. The published values are in test_estimators_oracle.py.
"""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest
from scipy.special import roots_sh_jacobi

from segmentry.estimators import bgbb
from segmentry.estimators.bgbb import Occasions
from segmentry.estimators.fitting import FitRefusedError

PARAMETERS = [(1.2, 0.75, 0.66, 2.8), (0.3, 3.0, 1.0, 5.0), (6.0, 2.0, 2.5, 0.4)]
"""The donors', the one at which the closed form divides by 0 (gamma = 1), and one of many who leave."""
N = 4
AHEAD = 3


def cells(n: int) -> list[np.ndarray]:
    """Every frequency and recency that n occasions allow."""
    found = [(0, 0, n)] + [(x, t_x, n) for t_x in range(1, n + 1) for x in range(1, t_x + 1)]
    return list(np.array(found).T)


def likelihoods(parameters: np.ndarray, *columns: np.ndarray) -> np.ndarray:
    """One by one: a single combination is its own total."""
    rows = zip(*columns, strict=True)
    each = [Occasions(*(np.array([value]) for value in row), np.ones(1)) for row in rows]
    return np.exp([bgbb.log_likelihood(parameters, one)[0] for one in each])


def beta_nodes(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    nodes, weights = roots_sh_jacobi(16, a + b - 1, a)
    return nodes, weights / weights.sum()


def by_definition(parameters: tuple[float, ...], bought: tuple[int, ...]) -> tuple[float, float, float]:
    """(likelihood, P(alive at the last occasion), purchases at the next three) of a customer who bought as told."""
    alpha, beta, gamma, delta = parameters
    (p, p_weights), (theta, theta_weights) = beta_nodes(alpha, beta), beta_nodes(gamma, delta)
    p, theta = p[:, None], theta[None, :]

    def mean(of_both: np.ndarray) -> float:
        return float(p_weights @ of_both @ theta_weights)

    def alive_for(occasions: int) -> np.ndarray:
        """P(the purchases of those occasions were as told)."""
        return np.prod([p if bought[at] else 1 - p for at in range(occasions)], axis=0) * np.ones_like(theta)

    n = len(bought)
    stayed = (1 - theta) ** n * alive_for(n)
    left = [theta * (1 - theta) ** k * alive_for(k) for k in range(n) if not any(bought[k:])]
    likelihood = mean(stayed + sum(left))
    to_come = sum(p * (1 - theta) ** k for k in range(1, AHEAD + 1))
    return likelihood, mean(stayed) / likelihood, mean(stayed * to_come) / likelihood


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_every_sequence_of_four_occasions_meets_the_definition(parameters):
    at = np.array(parameters)
    sequences = list(product((0, 1), repeat=N))
    x = np.array([sum(bought) for bought in sequences])
    t_x = np.array([max((k + 1 for k in range(N) if bought[k]), default=0) for bought in sequences])
    n = np.full(len(sequences), N)
    expected = np.array([by_definition(parameters, bought) for bought in sequences]).T
    np.testing.assert_allclose(likelihoods(at, x, t_x, n), expected[0], rtol=1e-11)
    np.testing.assert_allclose(bgbb.probability_alive(at, x, t_x, n), expected[1], rtol=1e-11)
    np.testing.assert_allclose(bgbb.expected_transactions(at, x, t_x, n, AHEAD), expected[2], rtol=1e-11)


@pytest.mark.parametrize("parameters", PARAMETERS)
@pytest.mark.parametrize("n", [1, 2, 3, 6, 12])
def test_probabilities_of_all_outcomes_sum_to_one(parameters, n):
    """x purchases, the last of them at t_x: the others may lie at any x - 1 of the t_x - 1 occasions before."""
    x, t_x, occasions = cells(n)
    sequences = [comb(last - 1, count - 1) if count else 1 for count, last in zip(x, t_x, strict=True)]
    assert sum(sequences) == 2**n
    assert likelihoods(np.array(parameters), x, t_x, occasions) @ sequences == pytest.approx(1.0, rel=1e-12)


def test_unequal_numbers_of_occasions_are_fitted_together():
    """One row's likelihood does not depend on the rows beside it."""
    x, t_x, n = (np.concatenate(pair) for pair in zip(cells(3), cells(7), strict=True))
    customers, at = np.arange(1.0, len(x) + 1), np.array(PARAMETERS[0])
    together = bgbb.log_likelihood(at, Occasions(x, t_x, n, customers))[0]
    assert together == pytest.approx(customers @ np.log(likelihoods(at, x, t_x, n)), rel=1e-13)


def test_the_parameters_of_expected_counts_are_found_again():
    """A million customers of each combination's exact share: the maximum is where they were drawn from."""
    truth = np.array([0.8, 1.5, 1.0, 4.0])
    x, t_x, n = cells(8)
    sequences = [comb(last - 1, count - 1) if count else 1 for count, last in zip(x, t_x, strict=True)]
    shares = likelihoods(truth, x, t_x, n) * sequences
    fit = bgbb.fit(Occasions(x, t_x, n, 1e6 * shares))
    assert fit.converged
    np.testing.assert_allclose(fit.values, truth, rtol=1e-4)


def test_gradient_is_analytic():
    x, t_x, n = (np.concatenate(pair) for pair in zip(cells(3), cells(6), strict=True))
    seen, at = Occasions(x, t_x, n, np.arange(1.0, len(x) + 1)), np.array(PARAMETERS[0])
    differences = [
        (bgbb.log_likelihood(at + h, seen)[0] - bgbb.log_likelihood(at - h, seen)[0]) / 2e-6 for h in np.eye(4) * 1e-6
    ]
    np.testing.assert_allclose(bgbb.log_likelihood(at, seen)[1], differences, rtol=1e-6)


@pytest.mark.parametrize("scale", [1e-4, 1e4])
def test_a_thousand_occasions_neither_overflow_nor_underflow(scale):
    at, n = scale * np.array(PARAMETERS[0]), np.full(3, 1000)
    x, t_x = np.array([0, 500, 1000]), np.array([0, 600, 1000])
    value, gradient = bgbb.log_likelihood(at, Occasions(x, t_x, n, np.ones(3)))
    alive = bgbb.probability_alive(at, x, t_x, n)
    assert np.isfinite([value, *gradient]).all()
    assert ((alive >= 0) & (alive <= 1)).all()
    assert alive[2] == 1
    assert (bgbb.expected_transactions(at, x, t_x, n, 10) <= 10 * alive).all()


# ---- guards


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((3, 2, 6), "more_purchases_than_occasions"),
        ((1, 7, 6), "recency_after_age"),
        ((1, 0, 6), "recency_not_positive"),
        ((0, 2, 6), "recency_without_repeat"),
        ((0, 0, 0), "age_zero"),
    ],
)
def test_what_no_customer_can_be_is_refused(row, reason):
    with pytest.raises(FitRefusedError, match=f"1 combinations refused, the first one: {reason}"):
        Occasions(*(np.array([good, bad]) for good, bad in zip((2, 4, 6), row, strict=True)), np.ones(2))


def test_nobody_who_bought_again_is_refused():
    none = np.zeros(2, int)
    with pytest.raises(FitRefusedError, match="every customer bought once"):
        bgbb.fit(Occasions(none, none, np.array([6, 5]), np.ones(2)))
    with pytest.raises(FitRefusedError, match="no customer has bought"):
        bgbb.fit(Occasions(none[:0], none[:0], none[:0], np.zeros(0)))


def test_two_occasions_are_refused():
    with pytest.raises(FitRefusedError, match="fewer than three occasions"):
        bgbb.fit(Occasions(*cells(2), np.ones(4)))
