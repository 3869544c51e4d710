"""How long subscribers stay: shifted beta-geometric (sBG) and beta-discrete-Weibull (BdW).

Each period ends with a chance of leaving that differs between customers as Beta(alpha, beta); in BdW it also changes
with tenure, S(t) = B(alpha, beta + t^c) / B(alpha, beta) (Fader & Hardie 2007, J. Interactive Marketing 21(1); Fader,
Hardie, Liu, Davin & Steenburgh 2018, Marketing Science 37(5)). sBG is c = 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, digamma

from segmentry.estimators.fitting import Fit, FitRefusedError, Floats, maximise

SBG = "sbg"
BDW = "bdw"
_MAX_PERIODS = 20_000
_NEGLIGIBLE = 1e-13


@dataclass(frozen=True)
class Tenures:
    """By full periods stayed: how many left within period `period` (1, 2, ...), and how many were last seen live after
    `period` full periods.
    """

    period: Floats
    left: Floats
    censored: Floats

    @property
    def total(self) -> float:
        """Number of customers."""
        return float(self.left.sum() + self.censored.sum())


def fit(tenures: Tenures, model: str) -> Fit:
    """Maximum likelihood of `sbg` or `bdw`. Raises FitRefusedError where nobody left, or all in one period."""
    if (tenures.left > 0).sum() < (2 if model == SBG else 3):
        raise FitRefusedError("too few periods in which anybody left")
    names = ("alpha", "beta") if model == SBG else ("alpha", "beta", "c")
    start = np.array([1.0, 3.0, 1.0][: len(names)])
    return maximise(lambda parameters: log_likelihood(parameters, tenures), names, start, tenures.total)


def choose(tenures: Tenures) -> tuple[str, dict[str, Fit]]:
    """BdW where its third parameter earns its place (AIC) and it converged, else sBG; and every fit made."""
    fits = {SBG: fit(tenures, SBG)}
    try:
        fits[BDW] = fit(tenures, BDW)
    except FitRefusedError:
        return SBG, fits
    better = fits[BDW].converged and fits[BDW].log_likelihood - 1 > fits[SBG].log_likelihood
    return (BDW if better else SBG), fits


def survival(parameters: Floats, periods: Floats) -> Floats:
    """Share still there after that many full periods."""
    alpha, beta, c = _with_shape(parameters)
    share: Floats = np.exp(betaln(alpha, beta + np.asarray(periods, dtype=np.float64) ** c) - betaln(alpha, beta))
    return share


def residual_lifetime(parameters: Floats, periods_stayed: Floats, rate: float) -> Floats:
    """DERL: expected renewals still to come of who has stayed that many periods, discounted at `rate` a period.

    The next renewal counts in full (Fader & Hardie 2010, Marketing Science 29(1)). A rate of 0 is refused: the sum is
    infinite for alpha <= 1.
    """
    if not rate > 0:
        raise FitRefusedError("a discount rate above 0 is needed: without it the residual lifetime is infinite")
    horizon = min(int(np.ceil(-np.log(_NEGLIGIBLE * rate) / np.log1p(rate))), _MAX_PERIODS)
    ahead = np.arange(1, horizon + 1)
    discount = (1 + rate) ** -(ahead - 1.0)
    stayed = np.atleast_1d(np.asarray(periods_stayed, dtype=np.float64))
    return np.array([discount @ survival(parameters, k + ahead) / survival(parameters, k) for k in stayed])


def log_likelihood(parameters: Floats, tenures: Tenures) -> tuple[float, Floats]:
    """Sum over customers, and its gradient by alpha, beta (and c)."""
    before, here = (_log_survival(parameters, tenures.period - shift) for shift in (1, 0))
    fallen = -np.expm1(here[0] - before[0])
    total = tenures.left @ (before[0] + np.log(fallen)) + tenures.censored @ here[0]
    # d log(S1 - S0) = d log S1 + (d log S1 - d log S0) (1 - f) / f
    ratio = (1 - fallen) / fallen
    slope = [
        tenures.left @ (up + (up - down) * ratio) + tenures.censored @ down
        for up, down in zip(before[1], here[1], strict=True)
    ]
    return float(total), np.array(slope)[: len(parameters)]


def _with_shape(parameters: Floats) -> tuple[float, float, float]:
    alpha, beta, *c = (float(parameter) for parameter in parameters)
    return alpha, beta, c[0] if c else 1.0


def _log_survival(parameters: Floats, periods: Floats) -> tuple[Floats, list[Floats]]:
    """log S and its derivatives by alpha, beta, c."""
    alpha, beta, c = _with_shape(parameters)
    power = periods**c
    later, both = digamma(beta + power), digamma(alpha + beta + power)
    by_alpha = digamma(alpha + beta) - both
    by_beta = later - both - (digamma(beta) - digamma(alpha + beta))
    with np.errstate(divide="ignore", invalid="ignore"):
        by_c = np.where(periods > 0, (later - both) * power * np.log(periods), 0.0)
    return betaln(alpha, beta + power) - betaln(alpha, beta), [by_alpha, by_beta, by_c]
