"""Fit and back-test the purchase models and the value model, and write the look-up that SQL scores with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from segmentry.estimators import gamma_gamma, pareto_nbd, store
from segmentry.estimators.backtest import Holdout, Score, score
from segmentry.estimators.bgnbd import BG_NBD, MBG_NBD, BgNbd, Horizon, discounted_purchases
from segmentry.estimators.fit_vars import FitVars
from segmentry.estimators.fitting import Fit, FitRefusedError, Floats, Ints
from segmentry.estimators.gamma_gamma import Values
from segmentry.estimators.purchases import DAYS_PER_WEEK, WEEKS_PER_MONTH, Purchases, sample, without_outliers

MODEL = "customer_lifetime_value"
INPUTS = {
    "combinations": "select * from intermediate.int_purchase_combinations"
    " order by cut_date desc, frequency, recency_days, age_days",
    "value_bins": "select * from intermediate.int_purchase_value_bins order by frequency, value_bin",
}
FAMILIES: dict[str, BgNbd] = {model.name: model for model in (MBG_NBD, BG_NBD)}
"""What SQL can score, the default first."""
EARNS_ITS_PLACE = 0.99
"""Another family is taken when its error is below this share of the default's."""
CHALLENGER_COMBINATIONS = 50_000
"""The challenger is fitted on a systematic sample of this size: it is measured, not scored with."""


@dataclass(frozen=True)
class Origin:
    """One day of training: everyone, those the fit believes, and what came afterwards (of the as-of date: nothing)."""

    cut_date: date
    everyone: Purchases
    believed: Purchases
    cap: int
    above_cap: float
    holdout: Holdout


def fit(
    models: Path, inputs: Mapping[str, pa.Table], wanted: FitVars, as_of: date, known_to: datetime
) -> tuple[store.ModelRun, dict[str, pa.Table]]:
    """The run of these inputs and its tables (`parameters`, `lookup`): fitted, stale or refused."""
    run_id = store.new_run_id(MODEL, as_of, known_to, inputs, wanted.settings)
    blank = store.ModelRun(run_id, MODEL, store.REFUSED, as_of, known_to, settings=wanted.settings)
    origins = _origins(inputs["combinations"])
    current = origins.get(as_of)
    if current is None:
        return store.ModelRun(**{**asdict(blank), "reason": "no customer has bought"}), {}
    tests = {cut: origin for cut, origin in origins.items() if cut < as_of}
    try:
        fits = {name: family.fit(current.believed) for name, family in FAMILIES.items()}
    except FitRefusedError as error:
        return store.ModelRun(**{**asdict(blank), "reason": str(error)}), {}

    past, scores, failed = _backtest(tests, wanted.backtest_days)
    chosen = _choose(scores)
    value, value_notes = _fit_values(inputs["value_bins"])
    diagnostics = store.to_json(
        {
            "backtest": {name: asdict(found) for name, found in scores.items()},
            "backtest_origins": [str(cut) for cut in past],
            "not_converged": failed,
            "log_likelihoods": {name: found.log_likelihood for name, found in fits.items()},
            "frequency_cap": current.cap,
            "customers_above_cap": int(current.above_cap),
            **value_notes,
        }
    )
    previous = None
    if not fits[chosen].converged:
        previous = store.newest_run(models, MODEL, as_of, known_to, wanted.settings)
        if previous is None:
            reason = f"{chosen} did not converge (gradient {fits[chosen].gradient:.1e}), and there is no run before"
            return store.ModelRun(**{**asdict(blank), "reason": reason, "diagnostics": diagnostics}), {}
    # what is kept was another family's, perhaps: the back-test is of what scores
    variant = (previous and previous.variant) or chosen
    tested = scores.get(variant)
    tested = tested if tested and tested.actual else None
    run = store.ModelRun(
        run_id,
        MODEL,
        store.FITTED,
        as_of,
        known_to,
        variant=variant,
        parameters=store.to_json(fits[chosen].parameters | (value.parameters if value else {})),
        observations=int(current.everyone.total),
        log_likelihood=fits[chosen].log_likelihood,
        gradient=fits[chosen].gradient,
        converged=fits[chosen].converged,
        calibration_ratio=tested.calibration_ratio if tested else None,
        is_calibrated=tested.is_calibrated if tested else None,
        diagnostics=diagnostics,
        settings=wanted.settings,
    )
    today = _parameters(as_of, FAMILIES[chosen], fits[chosen].values, 12 * WEEKS_PER_MONTH, value)
    if previous:
        run = store.stale(run, previous)
        kept = store.read_table(models, previous, "parameters").to_pylist()
        today = next(row for row in kept if row["cut_date"] == previous.trained_to) | {"cut_date": as_of}

    weeks = wanted.backtest_days / DAYS_PER_WEEK
    rows = [today] + [_parameters(cut, FAMILIES[variant], found[variant].values, weeks) for cut, found in past.items()]
    lookups = [_lookup(row, origins[row["cut_date"]], wanted, row is today) for row in rows]
    return run, {"parameters": pa.Table.from_pylist(rows, schema=_PARAMETERS), "lookup": pa.concat_tables(lookups)}


_PARAMETERS = pa.schema(
    [
        ("cut_date", pa.date32()),
        ("leaves_after_first", pa.int32()),
        *((name, pa.float64()) for name in ("r", "alpha", "a", "b", "p", "q", "gamma", "prediction_weeks")),
    ]
)


def _parameters(cut: date, family: BgNbd, parameters: Floats, weeks: float, value: Fit | None = None) -> dict[str, Any]:
    row = {"cut_date": cut, "leaves_after_first": family.leaves_after_first, "prediction_weeks": weeks}
    row |= dict(zip(("r", "alpha", "a", "b"), parameters.tolist(), strict=True))
    return row | (value.parameters if value else {})


def _lookup(row: Mapping[str, Any], origin: Origin, wanted: FitVars, is_current: bool) -> pa.Table:
    """Expected purchases of who is alive, by (frequency, age): all that SQL cannot compute itself."""
    family = next(model for model in FAMILIES.values() if model.leaves_after_first == row["leaves_after_first"])
    parameters = np.array([row[name] for name in ("r", "alpha", "a", "b")])
    days = wanted.refit_days if is_current else 1
    frequency, age_days = reachable_pairs(origin.everyone.frequency, origin.everyone.age_days, days)
    x, weeks = frequency.astype(np.float64), age_days / DAYS_PER_WEEK
    nothing = pa.nulls(len(frequency), pa.float64())
    table = {
        "cut_date": pa.array([row["cut_date"]] * len(frequency), pa.date32()),
        "frequency": pa.array(frequency, pa.int32()),
        "age_days": pa.array(age_days, pa.int32()),
        "purchases": pa.array(family.purchases_if_alive(parameters, x, weeks, row["prediction_weeks"])),
        "discounted_12m": nothing,
        "discounted_horizon": nothing,
    }
    if is_current:
        monthly = (1 + wanted.annual_rate) ** (1 / 12) - 1
        for name, months in (("discounted_12m", 12), ("discounted_horizon", wanted.horizon_months)):
            ahead = Horizon(months, WEEKS_PER_MONTH, monthly)
            table[name] = pa.array(discounted_purchases(family, parameters, x, weeks, ahead)[1])
    return pa.table(table)


def reachable_pairs(frequency: Ints, age_days: Ints, days: int) -> tuple[Ints, Ints]:
    """Every (frequency, age) that a customer can have within `days` days from now, this one included: each day adds one
    to the age and at most one purchase; customers of age 0, whom no fit sees, come on each, also on this one.
    """
    shift = 1 << 20
    pairs = np.unique(np.append(frequency * shift + age_days, 0))
    for _ in range(days - 1):
        pairs = np.unique(np.concatenate([pairs, pairs + 1, pairs + 1 + shift]))
    return pairs // shift, pairs % shift


def _origins(combinations: pa.Table) -> dict[date, Origin]:
    columns = {name: combinations.column(name).to_numpy() for name in combinations.column_names if name != "is_current"}
    found = {}
    days = combinations.column("cut_date").to_pylist()
    for cut in sorted(set(days), reverse=True):
        rows = np.array([day == cut for day in days])
        here = {name: column[rows] for name, column in columns.items() if name != "cut_date"}
        x, t_x, age = (here[name].astype(np.int64) for name in ("frequency", "recency_days", "age_days"))
        customers = here["customers"].astype(np.float64)
        everyone = Purchases(x, t_x, age, customers)
        held_out = ("holdout_purchases", "holdout_purchases_squared", "holdout_buyers")
        holdout = Holdout(customers, *(np.nan_to_num(here[name].astype(np.float64)) for name in held_out))
        found[cut] = Origin(cut, everyone, *without_outliers(everyone), holdout)
    return found


def _backtest(
    tests: Mapping[date, Origin], days: int
) -> tuple[dict[date, dict[str, Fit]], dict[str, Score], dict[str, list[str]]]:
    """Fits of the families SQL can score, by origin, the scores of every model over the origins together, and the
    origins at which a model did not converge.

    An origin where a family cannot be fitted is left out for all: a score is only worth another on the same customers.
    A challenger that did not converge at each of the others has none.
    """
    weeks = days / DAYS_PER_WEEK
    fits: dict[date, dict[str, Fit]] = {}
    failed: dict[str, list[str]] = {}
    predictions: dict[str, list[tuple[Floats, Floats | None]]] = {}
    for cut, origin in tests.items():
        try:
            found = {name: family.fit(origin.believed) for name, family in FAMILIES.items()}
            challenger = pareto_nbd.fit(sample(origin.believed, CHALLENGER_COMBINATIONS))
        except FitRefusedError:
            continue
        for name, fitted in (found | {pareto_nbd.NAME: challenger}).items():
            if not fitted.converged:
                failed.setdefault(name, []).append(str(cut))
        if not all(fitted.converged for fitted in found.values()):
            continue
        fits[cut] = found
        x, t_x, age = _weeks(origin.everyone)
        for name, fitted in found.items():
            family = FAMILIES[name]
            alive = family.probability_alive(fitted.values, x, t_x, age)
            bought = alive * family.probability_buying(fitted.values, x, age, weeks)
            expected = alive * family.purchases_if_alive(fitted.values, x, age, weeks)
            predictions.setdefault(name, []).append((expected, bought))
        if challenger.converged:
            alive = pareto_nbd.probability_alive(challenger.values, x, t_x, age)
            expected = alive * pareto_nbd.purchases_if_alive(challenger.values, x, age, weeks)
            predictions.setdefault(pareto_nbd.NAME, []).append((expected, None))
        predictions.setdefault("own_rate", []).append((x / age * weeks, None))
    together = [tests[cut].holdout for cut in fits]
    scores = {name: _score_together(found, together) for name, found in predictions.items() if len(found) == len(fits)}
    return fits, scores, failed


def _score_together(found: list[tuple[Floats, Floats | None]], holdouts: list[Holdout]) -> Score:
    names = Holdout.__dataclass_fields__
    holdout = Holdout(*(np.concatenate([getattr(one, name) for one in holdouts]) for name in names))
    probabilities = [bought for _, bought in found if bought is not None]
    bought = np.concatenate(probabilities) if len(probabilities) == len(found) else None
    return score(np.concatenate([expected for expected, _ in found]), holdout, bought)


def _choose(scores: Mapping[str, Score]) -> str:
    default, *others = FAMILIES
    for name in others:
        if name in scores and scores[name].rmse < EARNS_ITS_PLACE * scores[default].rmse:
            return name
    return default


def _weeks(purchases: Purchases) -> tuple[Floats, Floats, Floats]:
    x = purchases.frequency.astype(np.float64)
    return x, purchases.recency_days / DAYS_PER_WEEK, purchases.age_days / DAYS_PER_WEEK


def _fit_values(bins: pa.Table) -> tuple[Fit | None, dict[str, Any]]:
    """The value model, or None with the reason: then values come from medians of segments, and say so."""
    frequency, customers = (bins.column(name).to_numpy().astype(np.float64) for name in ("frequency", "customers"))
    summed = np.array([float(amount or 0) for amount in bins.column("summed_value").to_pylist()])
    everyone = Values(frequency, summed / np.maximum(customers, 1), customers)
    values = everyone.positive()
    notes: dict[str, Any] = {
        "values_not_positive": int(everyone.customers.sum() - values.customers.sum()),
        "value_correlation": values.correlation,
        "value_correlation_is_high": bool(abs(values.correlation) > gamma_gamma.CORRELATION_LIMIT),
    }
    try:
        fitted = gamma_gamma.fit(values)
    except FitRefusedError as error:
        return None, notes | {"value_model": str(error)}
    if not fitted.converged:
        return None, notes | {"value_model": f"did not converge (gradient {fitted.gradient:.1e})"}
    if fitted.parameters["q"] <= 1:
        return None, notes | {"value_model": "q is 1 or less: the population has no mean value"}
    return fitted, notes
