"""BG/BB: how often customers buy or give at fixed occasions (a yearly appeal, an event), and when they silently leave.

At each occasion a customer alive buys with a probability drawn from Beta(alpha, beta), and has left before it with one
drawn from Beta(gamma, delta) (Fader, Hardie & Shang 2010, Marketing Science 29(6)). Times count occasions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, digamma, logsumexp

from segmentry.estimators.fitting import Fit, FitRefusedError, Floats, Ints, maximise
from segmentry.estimators.purchases import refusals, require_repeats

PARAMETERS = ("alpha", "beta", "gamma", "delta")
_START = np.array([1.0, 1.0, 0.5, 3.0])


@dataclass(frozen=True)
class Occasions:
    """Unique combinations and how many customers have each. Arrays of one length, `customers` positive.

    `frequency`: occasions with a purchase after the first purchase; `recency`: the last of them by its number, 0 for
    none; `occasions`: how many there were. Raises FitRefusedError where a combination cannot be.
    """

    frequency: Ints
    recency: Ints
    occasions: Ints
    customers: Floats

    def __post_init__(self) -> None:
        """Refuse what no customer can be."""
        refused = refusals(self.frequency, self.recency, self.occasions)
        reasons = np.where(self.frequency > self.recency, "more_purchases_than_occasions", "")
        reasons = np.where(refused != "", refused, reasons)
        found = reasons[reasons != ""]
        if len(found):
            raise FitRefusedError(f"{len(found)} combinations refused, the first one: {found[0]}")

    @property
    def total(self) -> float:
        """Number of customers."""
        return float(self.customers.sum())


def fit(seen: Occasions) -> Fit:
    """Maximum likelihood. Raises FitRefusedError where nobody bought twice, or nobody had three occasions."""
    require_repeats(seen.frequency)
    if seen.occasions.max() < 3:
        raise FitRefusedError("fewer than three occasions: their four outcomes cannot tell four parameters")
    return maximise(lambda parameters: log_likelihood(parameters, seen), PARAMETERS, _START, seen.total)


def log_likelihood(parameters: Floats, seen: Occasions) -> tuple[float, Floats]:
    """Sum over customers, and its gradient by alpha, beta, gamma, delta."""
    alpha, beta, gamma, delta = parameters
    lives = _Lives(seen.frequency, seen.recency, seen.occasions)
    log_terms = lives.log_likelihoods(parameters)
    either = logsumexp(log_terms, axis=1)
    # derivatives of the logarithm of each life, averaged over the lives
    weights = seen.customers[:, None] * np.exp(log_terms - either[:, None])
    chances = digamma(alpha + beta) - digamma(alpha + beta + lives.bought + lives.skipped)
    leavings = digamma(gamma + delta) - digamma(gamma + delta + lives.left + lives.last)
    slope = [
        chances + digamma(alpha + lives.bought) - digamma(alpha),
        chances + digamma(beta + lives.skipped) - digamma(beta),
        leavings + digamma(gamma + lives.left) - digamma(gamma),
        leavings + digamma(delta + lives.last) - digamma(delta),
    ]
    return float(seen.customers @ either), np.array([(weights * by).sum() for by in slope])


def probability_alive(parameters: Floats, frequency: Ints, recency: Ints, occasions: Ints, ahead: int = 0) -> Floats:
    """P(alive at the occasion `ahead` after those seen); 0: at the last one seen. Arrays of one length."""
    _, _, gamma, delta = parameters
    lives = _Lives(frequency, recency, occasions)
    log_terms = lives.log_likelihoods(parameters)
    alive = log_terms[np.arange(len(log_terms)), occasions] - logsumexp(log_terms, axis=1)
    stays = betaln(gamma, delta + occasions + ahead) - betaln(gamma, delta + occasions)
    probability: Floats = np.exp(alive + stays)
    return probability


def expected_transactions(parameters: Floats, frequency: Ints, recency: Ints, occasions: Ints, ahead: int) -> Floats:
    """E[purchases at the next `ahead` occasions]. Arrays of one length.

    The paper's closed form divides by gamma - 1; here the chances of being alive are summed instead.
    """
    alpha, beta, _, _ = parameters
    buys = (alpha + frequency) / (alpha + beta + occasions)
    alive = [probability_alive(parameters, frequency, recency, occasions, step) for step in range(1, ahead + 1)]
    expected: Floats = buys * np.sum(alive, axis=0)
    return expected


class _Lives:
    """Each row's possible lives: a column per last occasion alive, from the last purchase to the last occasion seen."""

    def __init__(self, frequency: Ints, recency: Ints, occasions: Ints) -> None:
        self.last = np.arange(occasions.max() + 1)
        self.possible = (recency[:, None] <= self.last) & (self.last <= occasions[:, None])
        self.left = self.last < occasions[:, None]
        self.bought = frequency[:, None]
        self.skipped = np.maximum(self.last - self.bought, 0)

    def log_likelihoods(self, parameters: Floats) -> Floats:
        """By row and life; -inf for those not possible."""
        alpha, beta, gamma, delta = parameters
        buying = betaln(alpha + self.bought, beta + self.skipped) - betaln(alpha, beta)
        leaving = betaln(gamma + self.left, delta + self.last) - betaln(gamma, delta)
        return np.where(self.possible, buying + leaving, -np.inf)
