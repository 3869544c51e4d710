"""Compare predicted purchases with what happened afterwards, by combinations of customers.

Predictions tie within a combination, so everything about single customers follows from sums over it. The mean absolute
error per customer is left out: predicting 0 for everyone nearly wins it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segmentry.estimators.fitting import Floats

CALIBRATED = (0.8, 1.25)
"""Range of predicted over actual purchases. Outside it, the run is flagged."""


@dataclass(frozen=True)
class Holdout:
    """What the customers of each combination did in the held-out time: sums over them."""

    customers: Floats
    purchases: Floats
    purchases_squared: Floats
    buyers: Floats


@dataclass(frozen=True)
class Score:
    """Totals, their ratio (NaN without purchases), root mean squared error per customer, Brier score of buying at all
    (NaN where no probability was given) and how many times the average the best tenth bought.
    """

    predicted: float
    actual: float
    calibration_ratio: float
    rmse: float
    brier: float
    top_decile_lift: float

    @property
    def is_calibrated(self) -> bool:
        """Whether the prediction is close enough to be used."""
        return bool(CALIBRATED[0] <= self.calibration_ratio <= CALIBRATED[1])


def score(predicted: Floats, holdout: Holdout, probability: Floats | None = None) -> Score:
    """Score predicted purchases per customer (and P(any purchase)) of each combination against what happened."""
    n = holdout.customers
    customers = float(n.sum())
    total, actual = float(n @ predicted), float(holdout.purchases.sum())
    squared = n @ predicted**2 - 2 * (predicted @ holdout.purchases) + holdout.purchases_squared.sum()
    brier = np.nan
    if probability is not None:
        brier = (n @ probability**2 - 2 * (probability @ holdout.buyers) + holdout.buyers.sum()) / customers
    return Score(
        predicted=total,
        actual=actual,
        calibration_ratio=total / actual if actual else np.nan,
        rmse=float(np.sqrt(max(squared, 0.0) / customers)),
        brier=float(brier),
        top_decile_lift=top_lift(predicted, holdout),
    )


def top_lift(predicted: Floats, holdout: Holdout, share: float = 0.1) -> float:
    """Purchases of the `share` with the highest predictions, over what that many customers buy on average. Customers
    with equal predictions at the limit count in part, so no order of theirs decides.
    """
    order = np.argsort(-predicted, kind="stable")
    _, group = np.unique(-predicted[order], return_inverse=True)
    n = np.bincount(group, holdout.customers[order])
    bought = np.bincount(group, holdout.purchases[order])
    wanted = share * n.sum()
    inside = np.clip(wanted - (np.cumsum(n) - n), 0, n)
    all_bought = bought.sum()
    return float(inside / n @ bought / all_bought / share) if all_bought else float("nan")
