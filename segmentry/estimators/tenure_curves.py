"""Fit the tenure models by segment, and write survival and residual lifetime by month for SQL to join."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from segmentry.estimators import store, tenure
from segmentry.estimators.fit_vars import FitVars
from segmentry.estimators.fitting import FitRefusedError
from segmentry.estimators.tenure import Tenures

MODEL = "account_tenure"
INPUTS = {
    "cells": "select * from intermediate.int_tenure_cells order by segment_dimension, segment_key, tenure_period",
}
MIN_LEFT = 20
"""Segments in which fewer accounts left are not fitted. They have an observed curve and no projection."""
PROJECTED_MONTHS = 24
_SCHEMA = pa.schema(
    [
        ("segment_dimension", pa.string()),
        ("segment_key", pa.string()),
        ("variant", pa.string()),
        ("tenure_period", pa.int32()),
        ("survival", pa.float64()),
        ("residual_lifetime", pa.float64()),
    ]
)


def fit(
    models: Path, inputs: Mapping[str, pa.Table], wanted: FitVars, as_of: date, known_to: datetime
) -> tuple[store.ModelRun, dict[str, pa.Table]]:
    """The run of these inputs and its table `projection`. A segment that does not converge has no projection; where the
    total does not, the previous run's projection is kept.
    """
    run_id = store.new_run_id(MODEL, as_of, known_to, inputs, wanted.settings)
    blank = store.ModelRun(run_id, MODEL, store.REFUSED, as_of, known_to, settings=wanted.settings)
    cells = _by_segment(inputs["cells"])
    everyone = cells.get(("all", "all"))
    if everyone is None:
        return store.ModelRun(**{**asdict(blank), "reason": "no account has paid"}), {}
    if everyone.left.sum() < MIN_LEFT:
        reason = f"{int(everyone.left.sum())} accounts left, {MIN_LEFT} are needed"
        return store.ModelRun(**{**asdict(blank), "reason": reason}), {}

    fitted = {}
    for segment, tenures in cells.items():
        try:
            fitted[segment] = tenure.choose(tenures) if tenures.left.sum() >= MIN_LEFT else None
        except FitRefusedError:
            fitted[segment] = None
    best = {key: (found[0], found[1][found[0]]) for key, found in fitted.items() if found}
    total = best.get(("all", "all"))
    if total is None or not total[1].converged:
        previous = store.newest_run(models, MODEL, as_of, known_to, wanted.settings)
        if previous is None:
            return store.ModelRun(**{**asdict(blank), "reason": "did not converge, and there is no run before"}), {}
        return store.stale(blank, previous), {"projection": store.read_table(models, previous, "projection")}

    variant, fit_of_all = total
    run = store.ModelRun(
        run_id,
        MODEL,
        store.FITTED,
        as_of,
        known_to,
        variant=variant,
        parameters=store.to_json(fit_of_all.parameters),
        observations=int(everyone.total),
        log_likelihood=fit_of_all.log_likelihood,
        gradient=fit_of_all.gradient,
        converged=fit_of_all.converged,
        diagnostics=store.to_json(
            {
                "segments": {
                    "/".join(key): {"variant": name, "converged": found.converged, **found.parameters}
                    for key, (name, found) in best.items()
                }
            }
        ),
        settings=wanted.settings,
    )
    months = np.arange(int(everyone.period.max()) + PROJECTED_MONTHS + 1, dtype=np.float64)
    monthly = (1 + wanted.annual_rate) ** (1 / 12) - 1
    rows: list[dict[str, Any]] = []
    for (dimension, key), (name, found) in best.items():
        if not found.converged:
            continue
        curve = tenure.survival(found.values, months)
        lifetime = tenure.residual_lifetime(found.values, months, monthly)
        rows += [
            dict(zip(_SCHEMA.names, (dimension, key, name, int(month), share, left), strict=True))
            for month, share, left in zip(months, curve.tolist(), lifetime.tolist(), strict=True)
        ]
    return run, {"projection": pa.Table.from_pylist(rows, schema=_SCHEMA)}


def _by_segment(cells: pa.Table) -> dict[tuple[str, str], Tenures]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in cells.to_pylist():
        if row["tenure_period"] == 0:
            continue  # first month not over: no chance to leave yet
        found.setdefault((row["segment_dimension"], row["segment_key"]), []).append(row)
    return {
        key: Tenures(
            *(np.array([float(row[name]) for row in rows]) for name in ("tenure_period", "churned", "censored"))
        )
        for key, rows in found.items()
    }
