"""Gamma-Gamma: the mean value of a customer's purchases (Fader & Hardie 2013, note 025).

Values of one customer are Gamma(p, nu), nu over customers is Gamma(q, gamma); value must not depend on frequency.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln

from segmentry.estimators.fitting import Fit, FitRefusedError, Floats, maximise
from segmentry.estimators.purchases import FIRST_LOOK

PARAMETERS = ("p", "q", "gamma")
NAME = "gamma_gamma"
CORRELATION_LIMIT = 0.3
"""Above it value depends on frequency, which the model rules out: the run says so."""


@dataclass(frozen=True)
class Values:
    """Repeat buyers by frequency (at least 1) and mean value of a repeat purchase, and how many there are of each."""

    frequency: Floats
    mean_value: Floats
    customers: Floats

    @property
    def columns(self) -> tuple[Floats, Floats, Floats]:
        """The arrays in the order of the fields."""
        return self.frequency, self.mean_value, self.customers

    def positive(self) -> Values:
        """Without what was all taken back: a mean of 0 or less has no Gamma likelihood. Customers stay, values go."""
        kept = (self.mean_value > 0) & (self.frequency > 0) & np.isfinite(self.mean_value)
        return self if kept.all() else Values(*(column[kept] for column in self.columns))

    @property
    def correlation(self) -> float:
        """Pearson's r of frequency and mean value; NaN where either does not vary."""
        if len(self.frequency) < 2:
            return float("nan")
        cov = np.cov(self.frequency, self.mean_value, fweights=None, aweights=self.customers)
        spread = np.sqrt(cov[0, 0] * cov[1, 1])
        return float(cov[0, 1] / spread) if spread > 0 else float("nan")


def fit(values: Values) -> Fit:
    """Maximum likelihood over those with a positive mean value. Raises FitRefusedError where fewer than 3 remain."""
    values = values.positive()
    if len(values.frequency) < 3:
        raise FitRefusedError("fewer than three repeat buyers with a positive value")
    step = len(values.frequency) // FIRST_LOOK
    nearby = fit(Values(*(column[::step] for column in values.columns))) if step > 1 else None
    if nearby is not None and not nearby.converged:
        nearby = None
    mean = float(values.mean_value @ values.customers / values.customers.sum())
    start, customers = np.array([2.0, 3.0, mean]), float(values.customers.sum())
    return maximise(_Likelihood(values), PARAMETERS, start, customers, nearby)


def log_likelihood(parameters: Floats, values: Values) -> tuple[float, Floats]:
    """Sum over customers with a positive value, and its gradient by p, q, gamma."""
    return _Likelihood(values.positive())(parameters)


def expected_value(parameters: Floats, frequency: Floats, mean_value: Floats) -> Floats:
    """E[mean value of a purchase]: the population's mean drawn to what the customer was seen to spend.

    NaN where q <= 1: then the population has no mean, and no shrinkage towards it.
    """
    p, q, gamma = parameters
    x = np.where(np.asarray(mean_value) > 0, frequency, 0).astype(np.float64)
    if q <= 1:
        return np.full(x.shape, np.nan)
    # in place: this is done for everyone at once
    expected: Floats = np.where(x > 0, mean_value, 0.0)
    expected *= x
    expected += gamma
    expected *= p
    x *= p
    x += q - 1
    expected /= x
    return expected


class _Likelihood:
    def __init__(self, values: Values) -> None:
        by_frequency = np.bincount(values.frequency.astype(np.int64), values.customers)
        self.x = np.flatnonzero(by_frequency).astype(np.float64)
        self.n_by_x = by_frequency[by_frequency > 0]
        self.spent = values.frequency * values.mean_value
        self.n = values.customers
        self.nx = self.n * values.frequency
        self.log_value = self.n @ np.log(values.mean_value)
        self.x_log_spent = self.nx @ np.log(self.spent)

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        p, q, gamma = parameters
        n, x = self.n.sum(), self.x
        log_all = np.log(gamma + self.spent)
        inverse = 1 / (gamma + self.spent)
        n_log, nx_log = self.n @ log_all, self.nx @ log_all
        total = (
            self.n_by_x @ (gammaln(p * x + q) - gammaln(p * x))
            - n * (gammaln(q) - q * np.log(gamma))
            + p * self.x_log_spent
            - self.log_value
            - p * nx_log
            - q * n_log
        )
        both = digamma(p * x + q)
        slope = np.array(
            [
                self.n_by_x @ (x * (both - digamma(p * x))) + self.x_log_spent - nx_log,
                self.n_by_x @ both - n * (digamma(q) - np.log(gamma)) - n_log,
                n * q / gamma - (p * self.nx + q * self.n) @ inverse,
            ]
        )
        return float(total), slope
