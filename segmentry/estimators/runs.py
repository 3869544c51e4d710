"""Fit the warehouse's models from its bounded tables and keep what they found: parameters, look-ups, the run.

`fit_models` is called between two parts of a build: when the tables of tag `fit_input` are there, before the models
that score. A run is used as long as it is young enough (var `model_refit_days`) and made under the same settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from segmentry.estimators import clusters, lifetime_value, tenure_curves
from segmentry.estimators.fit_vars import FitVars
from segmentry.estimators.store import ModelRun, Reader, newest_run, write_run

_END_OF_KNOWLEDGE = datetime(9999, 12, 31)


def fit_models(models: Path, read: Reader, variables: Mapping[str, Any], *, force: bool = False) -> list[ModelRun]:
    """Fit each model that is due and keep its run. Returns the runs that the build uses or refused.

    `models` is the folder of the store, `read` a reader of the engine that built the tables, `variables` all vars of
    the build. `force` fits although a young run is there.
    """
    wanted = FitVars.of(variables)
    as_of = wanted.as_of or read("select as_of_date from intermediate.int_clock").column(0)[0].as_py()
    if as_of is None:
        return []
    # an ordinary build knows what arrived by the end of its day; a replay of a day, all that has ever arrived
    known_to = wanted.known_at or (_END_OF_KNOWLEDGE if wanted.as_of else datetime.combine(as_of, time.max))
    runs = []
    for model in (lifetime_value, tenure_curves, clusters):
        found = newest_run(models, model.MODEL, as_of, wanted.known_at or _END_OF_KNOWLEDGE, wanted.settings)
        if found and not force and not _is_due(found, as_of, wanted.refit_days):
            runs.append(found)
            continue
        inputs = {name: read(query) for name, query in model.INPUTS.items()}
        run, tables = model.fit(models, inputs, wanted, as_of, known_to)
        write_run(models, run, tables)
        runs.append(run)
    return runs


def _is_due(run: ModelRun, as_of: date, refit_days: int) -> bool:
    """The origins of the back-test move with the month, so a run serves within its own at most."""
    is_same_month = (run.trained_to.year, run.trained_to.month) == (as_of.year, as_of.month)
    return (as_of - run.trained_to).days >= refit_days or not is_same_month
