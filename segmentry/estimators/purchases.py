"""What the purchase models are fitted on: customers counted by frequency, recency and age."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segmentry.estimators.fitting import FitRefusedError, Floats, Ints

DAYS_PER_WEEK = 7.0
WEEKS_PER_MONTH = 365.25 / 12 / DAYS_PER_WEEK
CAP_SPREADS = 3.0
"""How many quartile distances (of the logarithm) above the upper quartile a repeat count may lie."""
FIRST_LOOK = 20_000
"""Rows among which a large fit looks for its start."""
_AGE_BITS = 20


@dataclass(frozen=True)
class Purchases:
    """Unique combinations and how many customers have each. Arrays of one length, days whole, `customers` positive.

    `frequency`: days with a purchase after the first; `recency_days`: first to last purchase;
    `age_days`: first purchase to the day of training.
    """

    frequency: Ints
    recency_days: Ints
    age_days: Ints
    customers: Floats

    def __post_init__(self) -> None:
        """Refuse what no customer can be: in a table it is a status of its row, in a fit it has no place."""
        refused = _refusals(self.frequency, self.recency_days, self.age_days)
        if refused.any():
            reason = _REASONS[refused[refused > 0][0]]
            raise FitRefusedError(f"{np.count_nonzero(refused)} combinations refused, the first one: {reason}")

    @property
    def total(self) -> float:
        """Number of customers."""
        return float(self.customers.sum())


def refusals(frequency: npt.ArrayLike, recency: npt.ArrayLike, age: npt.ArrayLike) -> npt.NDArray[np.str_]:
    """Why each row cannot be used, '' where it can. Times in any one unit; NaN means not known."""
    return np.array(_REASONS)[_refusals(frequency, recency, age)]


_REASONS = (
    "",
    "recency_not_positive",
    "recency_without_repeat",
    "recency_after_age",
    "not_a_count",
    "age_zero",
    "not_a_number",
)


def _refusals(frequency: npt.ArrayLike, recency: npt.ArrayLike, age: npt.ArrayLike) -> npt.NDArray[np.int8]:
    """Places in _REASONS; the later one of several."""
    x, t_x, age_ = (np.asarray(values) for values in (frequency, recency, age))
    refused = np.zeros(x.shape, dtype=np.int8)
    refused[(x > 0) & (t_x <= 0)] = 1
    refused[(x == 0) & (t_x != 0)] = 2
    refused[t_x > age_] = 3
    refused[(x < 0) | (x != np.floor(x)) | (t_x < 0)] = 4
    refused[age_ <= 0] = 5
    refused[~(np.isfinite(x) & np.isfinite(t_x) & np.isfinite(age_))] = 6
    return refused


def compress(frequency: Ints, recency_days: Ints, age_days: Ints) -> tuple[Purchases, npt.NDArray[np.int32]]:
    """Customers (one row each, none refused) as combinations, and the combination of each customer.

    The warehouse does this in SQL; here it is one sort of packed 64-bit keys.
    """
    key = np.asarray(frequency, dtype=np.int64) << (2 * _AGE_BITS)
    key |= np.asarray(recency_days, dtype=np.int64) << _AGE_BITS
    key |= np.asarray(age_days, dtype=np.int64)
    # np.unique does the same with half as much memory again
    order = np.argsort(key)
    key = key[order]
    is_first = np.append(True, key[1:] != key[:-1]) if len(key) else np.zeros(0, dtype=bool)
    unique, counts = key[is_first], np.diff(np.append(np.flatnonzero(is_first), len(key)))
    inverse = np.empty(len(key), dtype=np.int32)
    inverse[order] = np.cumsum(is_first, dtype=np.int32) - 1
    mask = (1 << _AGE_BITS) - 1
    purchases = Purchases(
        unique >> (2 * _AGE_BITS), (unique >> _AGE_BITS) & mask, unique & mask, counts.astype(np.float64)
    )
    return purchases, inverse


def sample(purchases: Purchases, size: int) -> Purchases:
    """About `size` combinations, every k-th of them; all where there are not more."""
    step = max(1, len(purchases.frequency) // size)
    return Purchases(*(getattr(purchases, name)[::step] for name in purchases.__dataclass_fields__))


def frequency_cap(purchases: Purchases) -> int:
    """The largest repeat count a fit believes: exp(Q3 + 3 (Q3 - Q1)) of the logarithms of the repeat counts.

    The logarithm because counts are skewed; quartiles because one reseller must not move the fence that holds it out.
    """
    repeated = purchases.frequency > 0
    order = np.argsort(purchases.frequency[repeated], kind="stable")
    counts = purchases.frequency[repeated][order]
    below = np.cumsum(purchases.customers[repeated][order])
    if not len(counts):
        return 0
    low, high = (np.log(counts[np.searchsorted(below, share * below[-1])]) for share in (0.25, 0.75))
    spread = max(high - low, np.log(2.0))
    return round(float(np.exp(high + CAP_SPREADS * spread)))


def without_outliers(purchases: Purchases) -> tuple[Purchases, int, float]:
    """The combinations up to the cap, the cap, and how many customers lie above it (left out of the fit, scored like
    everyone else).
    """
    cap = frequency_cap(purchases)
    kept = purchases.frequency <= cap
    inside = Purchases(*(getattr(purchases, name)[kept] for name in purchases.__dataclass_fields__))
    return inside, cap, float(purchases.customers[~kept].sum())


def require_repeats(frequency: Ints) -> None:
    """Raise FitRefusedError if nobody bought twice: rate and drop-out cannot be separated."""
    if not len(frequency):
        raise FitRefusedError("no customer has bought")
    if not (frequency > 0).any():
        raise FitRefusedError("every customer bought once: purchase rate and drop-out cannot be separated")
