"""BG/NBD and MBG/NBD: how often customers without a contract buy, and when they silently leave.

Both draw a purchase rate from Gamma(r, alpha) and a drop-out probability from Beta(a, b). In BG/NBD a customer may
leave after every repeat purchase (Fader, Hardie & Lee 2005, Marketing Science 24(2)), in MBG/NBD after the first one
too (Batislam, Denizel & Filiztekin 2007, IJRM 24(3)): the same formulas with one survival more. Time is in weeks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, digamma, expit, gammaln

from segmentry.estimators.fitting import Fit, FitRefusedError, Floats, maximise
from segmentry.estimators.purchases import DAYS_PER_WEEK, FIRST_LOOK, Purchases, require_repeats, sample

PARAMETERS = ("r", "alpha", "a", "b")
_SERIES_TOLERANCE = 1e-16
_MAX_TERMS = 200_000
_TERMS_BETWEEN_CHECKS = 16


@dataclass(frozen=True)
class BgNbd:
    """One of the two models. `leaves_after_first`: 1 for MBG/NBD, 0 for BG/NBD.

    Arrays of all methods broadcast; `frequency` counts repeat purchases, times are weeks since the first one.
    """

    name: str
    leaves_after_first: int

    def fit(self, purchases: Purchases) -> Fit:
        """Maximum likelihood. Raises FitRefusedError where nobody bought twice."""
        require_repeats(purchases.frequency)
        few = sample(purchases, FIRST_LOOK)
        if len(few.frequency) < len(purchases.frequency) and (few.frequency > 0).any():
            nearby = self.fit(few)
            if nearby.converged:
                found = self._maximum(purchases, nearby.values, nearby)
                if found.converged:
                    return found
        weeks = float((purchases.age_days * purchases.customers).sum() / purchases.total / DAYS_PER_WEEK)
        starts = [np.array([1.0, weeks / 4, 1.0, 2.0]), np.array([0.3, max(weeks / 20, 0.5), 0.5, 4.0])]
        fits = []
        for start in starts:
            fits.append(self._maximum(purchases, start))
            if fits[-1].converged:
                return fits[-1]
        return max(fits, key=lambda fit: fit.log_likelihood)

    def _maximum(self, purchases: Purchases, start: Floats, nearby: Fit | None = None) -> Fit:
        likelihood = _Likelihood(purchases, self.leaves_after_first)
        return maximise(likelihood, PARAMETERS, start, purchases.total, nearby)

    def log_likelihood(self, parameters: Floats, purchases: Purchases) -> tuple[float, Floats]:
        """Sum over customers, and its gradient by r, alpha, a, b."""
        return _Likelihood(purchases, self.leaves_after_first)(parameters)

    def probability_alive(self, parameters: Floats, frequency: Floats, recency: Floats, age: Floats) -> Floats:
        """P(not left by `age`). BG/NBD gives 1 to every one-time buyer: not a churn score."""
        r, alpha, a, b = parameters
        survivals = b + self.leaves_after_first + frequency - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            odds = np.log(a / survivals) + (r + frequency) * np.log((alpha + age) / (alpha + recency))
        alive: Floats = expit(-odds)
        return alive if self.leaves_after_first else np.where(np.asarray(frequency) > 0, alive, 1.0)

    def probability_buying(self, parameters: Floats, frequency: Floats, age: Floats, weeks: float) -> Floats:
        """P(at least one purchase within the next `weeks`), given alive."""
        r, alpha, _, _ = parameters
        bought: Floats = -np.expm1((r + np.asarray(frequency)) * -np.log1p(weeks / (alpha + np.asarray(age))))
        return bought

    def purchases_if_alive(self, parameters: Floats, frequency: Floats, age: Floats, weeks: float) -> Floats:
        """E[purchases within the next `weeks`], given alive: the 2F1 of the literature as an Euler-transformed series.

        With e = a - 1, c = a + b + x - 1 and z = t / (alpha + T + t) all its terms are small, whatever x:
        -(c/e) expm1(e log1p(-z) + log1p(e S)), S = sum (c-r-x)_k (e+1)_{k-1} / ((c)_k k!) z^k.
        """
        r, alpha, a, b = parameters
        b = b + self.leaves_after_first
        x, t = np.broadcast_arrays(np.asarray(frequency, dtype=np.float64), np.asarray(age, dtype=np.float64))
        z = weeks / (alpha + t.ravel() + weeks)
        c = a + b + x.ravel() - 1
        e = a - 1
        scaled = _series(c, a + b - 1 - r, e, z)
        log_rest = np.log1p(-z)
        # c S, not S: at a + b = 1 and x = 0 c is 0, and c S is not
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            series = scaled / c
            exponent = e * log_rest + np.log1p(e * series)
            by_series = -c / e * np.expm1(exponent) if e else -c * (log_rest + series)
            apart = -c * (np.expm1(e * log_rest) / e if e else log_rest) - np.exp(e * log_rest) * scaled
        expected: Floats = np.where((np.abs(c) > 1e-3) & np.isfinite(by_series), by_series, apart)
        lost = ~np.isfinite(expected)
        if lost.any():
            expected[lost] = _over_drop_out(
                parameters[:2], (a, b + x.ravel()[lost]), t.ravel()[lost], weeks, x.ravel()[lost]
            )
        return expected.reshape(x.shape)

    def purchases_from_first(self, parameters: Floats, weeks: float) -> float:
        """E[repeat purchases within `weeks` of the first], of a customer not yet seen."""
        _, _, a, b = parameters
        stays = b / (a + b) if self.leaves_after_first else 1.0
        return float(stays * self.purchases_if_alive(parameters, np.zeros(1), np.zeros(1), weeks)[0])


BG_NBD = BgNbd("bg_nbd", 0)
MBG_NBD = BgNbd("mbg_nbd", 1)


@dataclass(frozen=True)
class Horizon:
    """How far ahead: `steps` of `step_weeks` weeks, each paid at its end and discounted at `rate` a step."""

    steps: int
    step_weeks: float
    rate: float

    def __post_init__(self) -> None:
        """Refuse a negative rate, under which later money would be worth more."""
        if self.rate < 0:
            raise FitRefusedError("the discount rate must not be negative")


def discounted_purchases(
    model: BgNbd, parameters: Floats, frequency: Floats, age: Floats, horizon: Horizon
) -> tuple[Floats, Floats]:
    """(purchases, discounted purchases) within the horizon, given alive."""
    before = np.zeros(np.broadcast_shapes(np.shape(frequency), np.shape(age)))
    discounted = np.zeros_like(before)
    for step in range(1, horizon.steps + 1):
        upto = model.purchases_if_alive(parameters, frequency, age, step * horizon.step_weeks)
        discounted += (upto - before) / (1 + horizon.rate) ** step
        before = upto
    return before, discounted


class _Likelihood:
    """The log-likelihood of weighted combinations; what depends on the frequency alone is summed per frequency."""

    def __init__(self, purchases: Purchases, leaves_after_first: int) -> None:
        self.more = leaves_after_first
        self.x, self.x_at = np.unique(purchases.frequency, return_inverse=True)
        self.age, self.age_at = np.unique(purchases.age_days, return_inverse=True)
        self.recency, self.recency_at = np.unique(purchases.recency_days, return_inverse=True)
        self.n = purchases.customers
        self.n_by_x = np.bincount(self.x_at, self.n)
        self.n_by_age = np.bincount(self.age_at, self.n)
        self.nx_by_age = np.bincount(self.age_at, self.n * purchases.frequency)

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = parameters
        x, n = self.x, self.n
        log_age = np.log(alpha + self.age / DAYS_PER_WEEK)
        log_recency = np.log(alpha + self.recency / DAYS_PER_WEEK)
        # who has bought once cannot have left in BG/NBD
        may_leave = x + self.more > 0
        survivals = np.where(may_leave, b + self.more + x - 1.0, 1.0)
        log_leave = np.where(may_leave, np.log(a) - np.log(survivals), -np.inf)
        silence = log_age[self.age_at] - log_recency[self.recency_at]
        odds = log_leave[self.x_at] + (r + x)[self.x_at] * silence
        gone = n * expit(odds)

        total = (
            self.n_by_x
            @ (
                gammaln(r + x)
                - gammaln(r)
                + r * np.log(alpha)
                + gammaln(a + b)
                - gammaln(b)
                + gammaln(b + self.more + x)
                - gammaln(a + b + self.more + x)
            )
            - (r * self.n_by_age + self.nx_by_age) @ log_age
            + n @ np.logaddexp(0.0, odds)
        )
        gone_by_x = np.bincount(self.x_at, gone, minlength=len(x))
        gone_rx = gone * (r + x)[self.x_at]
        inverse_age, inverse_recency = np.exp(-log_age), np.exp(-log_recency)
        of_both = digamma(a + b) - digamma(a + b + self.more + x)
        slope = np.array(
            [
                self.n_by_x @ (digamma(r + x) - digamma(r) + np.log(alpha)) - self.n_by_age @ log_age + gone @ silence,
                self.n_by_x.sum() * r / alpha
                - (r * self.n_by_age + self.nx_by_age) @ inverse_age
                + np.bincount(self.age_at, gone_rx, minlength=len(self.age)) @ inverse_age
                - np.bincount(self.recency_at, gone_rx, minlength=len(self.recency)) @ inverse_recency,
                self.n_by_x @ of_both + gone.sum() / a,
                self.n_by_x @ (of_both + digamma(b + self.more + x) - digamma(b)) - gone_by_x @ (1 / survivals),
            ]
        )
        return float(total), slope


def _over_drop_out(gamma: Floats, beta: tuple[float, Floats], age: Floats, weeks: float, x: Floats) -> Floats:
    """The same mean taken over quantiles of the drop-out probability, good to 1e-5: for parameters so large that the
    terms of the series overflow, where the probability hardly varies.
    """
    r, alpha = gamma
    a, b = beta
    nodes, weights = np.polynomial.legendre.leggauss(64)
    dropout = betaincinv(a, b[:, None], (nodes + 1) / 2)
    stays = np.log1p(dropout * (weeks / (alpha + age))[:, None])
    mean: Floats = -np.expm1(-(r + x)[:, None] * stays) / dropout @ (weights / 2)
    return mean


def _series(c: Floats, first: float, e: float, z: Floats) -> Floats:
    """c S of `purchases_if_alive`; `first` is c - r - x, the same for every customer."""
    total = np.zeros_like(z)
    open_rows = np.arange(len(z))
    term = first * z
    running = term.copy()
    k = 1
    while len(open_rows):
        c_open, z_open = c[open_rows], z[open_rows]
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(_TERMS_BETWEEN_CHECKS):
                k += 1
                term = term * ((first + k - 1) * (e + k - 1) / k) * z_open / (c_open + k - 1)
                running += term
        done = (np.abs(term) * z_open <= _SERIES_TOLERANCE * np.abs(running) * (1 - z_open)) & (k > abs(first) + abs(e))
        done |= ~np.isfinite(running) | (k > _MAX_TERMS)
        total[open_rows[done]] = running[done]
        open_rows, term, running = open_rows[~done], term[~done], running[~done]
    return total
