"""Pareto/NBD, the challenger: customers may leave at any moment, not only after a purchase.

Purchase rate from Gamma(r, alpha), drop-out rate from Gamma(s, beta); time in weeks (Schmittlein, Morrison & Colombo
1987, Management Science 33(1); the likelihood as in Fader & Hardie 2005). The integral over the time of leaving is done
by Gauss-Legendre quadrature: unlike the 2F1 it has an analytic gradient, and it neither overflows nor cancels.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln, hyperu, logsumexp

from segmentry.estimators.fitting import Fit, Floats, maximise
from segmentry.estimators.purchases import DAYS_PER_WEEK, Purchases, require_repeats

PARAMETERS = ("r", "alpha", "s", "beta")
NAME = "pareto_nbd"
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)
_NEGLIGIBLE = 45.0
"""The integral ends where the integrand has fallen by exp(-45)."""


def fit(purchases: Purchases) -> Fit:
    """Maximum likelihood. Raises FitRefusedError where nobody bought twice."""
    require_repeats(purchases.frequency)
    weeks = float((purchases.age_days * purchases.customers).sum() / purchases.total / DAYS_PER_WEEK)
    start = np.array([0.6, max(weeks / 4, 0.5), 0.6, max(weeks / 4, 0.5)])
    return maximise(lambda parameters: log_likelihood(parameters, purchases), PARAMETERS, start, purchases.total)


def log_likelihood(parameters: Floats, purchases: Purchases) -> tuple[float, Floats]:
    """Sum over customers, and its gradient by r, alpha, s, beta."""
    r, alpha, s, beta = parameters
    x, n = purchases.frequency.astype(np.float64), purchases.customers
    age = purchases.age_days / DAYS_PER_WEEK
    log_alive, log_gone, times, weights = _alive_and_gone(parameters, x, purchases.recency_days / DAYS_PER_WEEK, age)
    either = np.logaddexp(log_alive, log_gone)
    total = n @ (gammaln(r + x) - gammaln(r) + r * np.log(alpha) + either)
    # derivatives of both logarithms by each parameter, the second one as a mean over the time of leaving
    alive, gone = np.exp(log_alive - either), np.exp(log_gone - either)[:, None] * weights
    log_leaving_rate, log_staying = np.log(beta / (beta + times)), np.log(beta / (beta + age))
    slope = np.array(
        [
            n
            @ (
                digamma(r + x)
                - digamma(r)
                + np.log(alpha)
                - alive * np.log(alpha + age)
                - (gone * np.log(alpha + times)).sum(axis=1)
            ),
            n @ (r / alpha - (r + x) * (alive / (alpha + age) + (gone / (alpha + times)).sum(axis=1))),
            n @ (alive * log_staying + (gone * (1 / s + log_leaving_rate)).sum(axis=1)),
            n
            @ (alive * s * (1 / beta - 1 / (beta + age)) + (gone * (s / beta - (s + 1) / (beta + times))).sum(axis=1)),
        ]
    )
    return float(total), slope


def probability_alive(parameters: Floats, frequency: Floats, recency: Floats, age: Floats) -> Floats:
    """P(not left by `age`)."""
    log_alive, log_gone, _, _ = _alive_and_gone(parameters, *_flat(frequency, recency, age))
    return np.exp(log_alive - np.logaddexp(log_alive, log_gone))


def purchases_if_alive(parameters: Floats, frequency: Floats, age: Floats, weeks: float) -> Floats:
    """E[purchases within the next `weeks`], given alive."""
    r, alpha, s, beta = parameters
    x, t = _flat(frequency, age)
    rest = -np.log1p(weeks / (beta + t))
    exposure = -np.expm1((s - 1) * rest) / (s - 1) if s != 1 else -rest
    expected: Floats = (r + x) * (beta + t) / (alpha + t) * exposure
    return expected


def purchases_from_first(parameters: Floats, weeks: float) -> float:
    """E[repeat purchases within `weeks` of the first], of a customer not yet seen."""
    return float(purchases_if_alive(parameters, np.zeros(1), np.zeros(1), weeks)[0])


def discounted_residual_purchases(
    parameters: Floats, frequency: Floats, recency: Floats, age: Floats, rate: float
) -> Floats:
    """DERT: all purchases to come, discounted continuously at `rate` a week (Fader, Hardie & Lee 2005, JMR 42(4))."""
    r, alpha, s, beta = parameters
    x, t_x, t = _flat(frequency, recency, age)
    left = rate ** (s - 1) * (beta + t) ** s * hyperu(s, s, rate * (beta + t))
    discounted: Floats = probability_alive(parameters, x, t_x, t) * (r + x) / (alpha + t) * left
    return discounted


def _flat(*columns: Floats) -> list[Floats]:
    return [np.atleast_1d(np.asarray(column, dtype=np.float64)) for column in columns]


def _alive_and_gone(
    parameters: Floats, x: Floats, recency: Floats, age: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Log-likelihood (but for the constant) of being alive and of having left, with nodes and weights of the leaving.

    The variable is log((delta + time) / (delta + recency)), delta the smaller of alpha and beta: in it the integrand
    has no singularity nearer than pi.
    """
    r, alpha, s, beta = parameters
    log_alive = -(r + x) * np.log(alpha + age) + s * np.log(beta / (beta + age))
    end = np.minimum(age, recency + (alpha + recency) * np.expm1(_NEGLIGIBLE / (r + x)))
    delta = min(alpha, beta)
    width = np.log((delta + end) / (delta + recency))[:, None]
    times = (delta + recency)[:, None] * np.exp(width * (_NODES + 1) / 2) - delta
    with np.errstate(divide="ignore"):
        log_terms = (
            np.log(_WEIGHTS * width / 2 * (delta + times))
            - (r + x)[:, None] * np.log(alpha + times)
            + np.log(s / beta)
            + (s + 1) * np.log(beta / (beta + times))
        )
    log_gone = logsumexp(log_terms, axis=1)
    with np.errstate(invalid="ignore"):
        weights = np.where(np.isneginf(log_terms), 0.0, np.exp(log_terms - log_gone[:, None]))
    return log_alive, log_gone, times, weights
