"""The store of fitted models, and how a fit reads its input: the only I/O of the estimators.

Layout below `SEGMENTRY_HOME/models/`, shared by all kinds of model:

    <model>/<table>/<model_run_id>.parquet    what a run found: parameters, look-ups, centroids ...
    runs/<model_run_id>.parquet               one row about the run, written last: a run without it does not exist

Files are never changed, and their content has no wall clock: the same input makes the same run under the same id. dbt
reads `runs` and the tables as sources that may be absent.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.csv import write_csv

from segmentry.duck import open_read_only
from segmentry.files import fsync, put_in_place, temporary_beside

Reader = Callable[[str], pa.Table]
"""Runs a query on the build's engine and returns its (bounded) result. Each engine has its own."""

_RUNS = pa.schema(
    [
        ("model_run_id", pa.string()),
        ("model", pa.string()),
        ("variant", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("parameters", pa.string()),
        ("parameters_from", pa.string()),
        ("observations", pa.int64()),
        ("log_likelihood", pa.float64()),
        ("gradient", pa.float64()),
        ("converged", pa.bool_()),
        ("calibration_ratio", pa.float64()),
        ("is_calibrated", pa.bool_()),
        ("diagnostics", pa.string()),
        ("settings", pa.string()),
        ("trained_to", pa.date32()),
        ("known_to", pa.timestamp("us")),
    ]
)

FITTED, STALE, REFUSED = "fitted", "stale", "refused"


@dataclass(frozen=True)
class ModelRun:
    """One fit of one model.

    `status`: fitted; stale (did not converge: `parameters` are those of the run `parameters_from`); refused (`reason`
    says why, there are no parameters). `parameters` and `diagnostics` are JSON, `settings` is `name=value|...`.
    `trained_to` is the last day seen, `known_to` the last receipt (naive UTC): a replay uses no run beyond its own.
    """

    model_run_id: str
    model: str
    status: str
    trained_to: date
    known_to: datetime
    variant: str | None = None
    reason: str | None = None
    parameters: str | None = None
    parameters_from: str | None = None
    observations: int | None = None
    log_likelihood: float | None = None
    gradient: float | None = None
    converged: bool | None = None
    calibration_ratio: float | None = None
    is_calibrated: bool | None = None
    diagnostics: str | None = None
    settings: str | None = None


@contextmanager
def duckdb_reader(warehouse: Path) -> Iterator[Reader]:
    """Read from a DuckDB build file that nobody writes at the moment."""
    with open_read_only(warehouse) as connection:
        yield lambda sql: connection.sql(sql).to_arrow_table()


def new_run_id(model: str, trained_to: date, known_to: datetime, inputs: Mapping[str, pa.Table], settings: str) -> str:
    """The id of the run that these inputs (in the order of their rows), settings and state of knowledge make."""
    digest = hashlib.sha256(f"{settings}|{known_to:%Y-%m-%d %H:%M:%S}".encode())
    for name, table in sorted(inputs.items()):
        digest.update(name.encode())
        text = pa.BufferOutputStream()  # not the columns' memory: what lies under a NULL is whatever was there before
        write_csv(table, text)
        digest.update(text.getvalue())
    return f"{model}-{trained_to:%Y%m%d}-{digest.hexdigest()[:12]}"


def to_json(value: Mapping[str, Any]) -> str:
    """Compact JSON in a stable order; NaN, which JSON does not know, becomes null."""
    return json.dumps(_without_nan(value), sort_keys=True, default=str)


def write_run(models: Path, run: ModelRun, tables: Mapping[str, pa.Table]) -> None:
    """Store a run: its tables, then its row, which makes it exist. Each file is written atomically."""
    for name, table in tables.items():
        tagged = table.add_column(0, "model_run_id", pa.array([run.model_run_id] * len(table), pa.string()))
        write_table(models / run.model / name / f"{run.model_run_id}.parquet", tagged)
    write_table(models / "runs" / f"{run.model_run_id}.parquet", pa.Table.from_pylist([asdict(run)], schema=_RUNS))


def read_runs(models: Path, model: str) -> list[ModelRun]:
    """The runs of a model, the newest training first."""
    paths = (models / "runs").glob(f"{model}-*.parquet")
    rows = [row for path in sorted(paths) for row in pq.ParquetFile(path).read().to_pylist() if row["model"] == model]
    found = [ModelRun(**row) for row in rows]
    return sorted(found, key=lambda run: (run.trained_to, run.known_to, run.model_run_id), reverse=True)


def newest_run(models: Path, model: str, as_of: date, known_to: datetime, settings: str) -> ModelRun | None:
    """The newest run with parameters that a build as of that day and knowledge may use, under the same settings."""
    for run in read_runs(models, model):
        if run.trained_to <= as_of and run.known_to <= known_to and run.parameters and run.settings == settings:
            return run
    return None


def read_table(models: Path, run: ModelRun, table: str) -> pa.Table:
    """A table of a run as it was given to `write_run`."""
    path = models / run.model / table / f"{run.model_run_id}.parquet"
    return pq.ParquetFile(path).read().drop_columns(["model_run_id"])


def stale(run: ModelRun, previous: ModelRun) -> ModelRun:
    """The run with the previous run's parameters in place of its own."""
    return replace(
        run,
        status=STALE,
        variant=previous.variant,
        parameters=previous.parameters,
        parameters_from=previous.parameters_from or previous.model_run_id,
    )


def _without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_table(path: Path, table: pa.Table) -> None:
    """Write a Parquet file atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_beside(path)
    pq.write_table(table, temporary, compression="zstd")
    fsync(temporary)
    put_in_place(temporary, path)
