"""Build the warehouse file with dbt, fit the statistical models on the way, and record how it ended.

A build has two parts: first the inputs of the fits (tag `fit_input`) and everything upstream of them; then, with the
fitted models, everything else. No model is built twice. A fit that is recent enough is used again.

dbt is atomic per model, not per run: a build that was interrupted leaves old and new tables side by side. So only a
green build may be published, and after a kill you run the same command again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from segmentry.config import DEFAULT_TARGET, Settings, project_vars
from segmentry.dbt.process import DbtProcess, Event, Project, dbt_process, problem_of, run_results, show_progress
from segmentry.definitions.command import check as check_definitions
from segmentry.errors import BuildFailedError, EnvironmentProblemError, LockedError
from segmentry.estimators.store import ModelRun
from segmentry.landing.ledger import read_rows
from segmentry.warehouse.engines import Engine, engine_of
from segmentry.warehouse.record import BuildRecord, git_revision, read_record, target_dir, write_record
from segmentry.warehouse.request import BuildListener, BuildRequest

_SHOWN_FAILURES = 10
# cautious: a test runs in the part that holds all its models, so that the two parts run every test once
_FIT_INPUTS = ("--select", "+tag:fit_input", "--indirect-selection", "cautious")
_THE_REST = ("--exclude", "+tag:fit_input", "--indirect-selection", "cautious")


def build(settings: Settings, request: BuildRequest, listener: BuildListener | None = None) -> BuildRecord:
    """Build the models, run their tests and return the record, which is kept whatever the outcome.

    Raises DefinitionsFailedError before anything runs when compiled SQL does not follow from the definitions, and
    BuildFailedError naming what failed. From another engine than DuckDB the marts are copied to the record's
    `warehouse`. The caller holds the writer lock.
    """
    check_definitions(settings.project_dir)
    engine = engine_of(settings.home, request.target, request.replay)
    record, is_new_file = _start(settings, request)
    write_record(settings, record, request.replay)
    if is_new_file:
        engine.clear(record.target_dir)
    for folder in (record.warehouse.parent / "tmp", record.target_dir, settings.runs / "logs"):
        folder.mkdir(parents=True, exist_ok=True)
    project = Project(
        folder=settings.project_dir,
        target_dir=record.target_dir,
        logs=settings.runs / "logs",
        target=record.target,
        variables=request.variables,
    )
    environment = {**_environment(settings, request, record), **engine.environment}
    with dbt_process(project, environment, request.lock_fd) as dbt:
        run = _Run(settings, request, listener or BuildListener(), engine, dbt)
        record = run.finish(record)
    write_record(settings, record, request.replay)
    if record.status == "failed":
        raise BuildFailedError(
            _failure_text(record, run.problem), f"Details are in {settings.runs / 'logs' / 'dbt.log'}."
        )
    return record


@dataclass
class _Run:
    """A build under way. `problem` is the last error outside a model or test."""

    settings: Settings
    request: BuildRequest
    listener: BuildListener
    engine: Engine
    dbt: DbtProcess
    problem: str = ""

    def finish(self, record: BuildRecord) -> BuildRecord:
        """Run the parts of the build, as long as they succeed."""
        if not self._dbt(record, "parse"):
            return record.after_dbt(False, "failed")
        parts = _parts(self.request, record.vars)
        for part in parts:
            if part is _THE_REST:
                self._fit(record)
            refresh = ("--full-refresh",) if record.full_refresh else ()
            # unit tests check the code, not the data: `make test` runs them
            succeeded = self._dbt(record, "build", "--exclude-resource-type", "unit_test", *part, *refresh)
            if succeeded and part is parts[-1] and not self.request.select:
                self.engine.fetch_marts(record.warehouse, record.target_dir, self.listener.on_progress)
            record = record.after_dbt(succeeded, "partial" if self.request.select else "green")
            if record.status == "failed":
                break
        return record

    def _dbt(self, record: BuildRecord, command: str, *options: str) -> bool:
        (record.target_dir / "run_results.json").unlink(missing_ok=True)
        return self.dbt.run(command, *options, on_event=self._hear)

    def _hear(self, event: Event) -> None:
        if self.listener.on_event:
            self.listener.on_event(event)
        if self.listener.on_progress:
            show_progress(event, self.listener.on_progress)
        self.problem = problem_of(event) or self.problem

    def _fit(self, record: BuildRecord) -> None:
        runs = _fit_models(self.settings, record, self.engine)
        if self.listener.on_fit:
            self.listener.on_fit(runs)


def _start(settings: Settings, request: BuildRequest) -> tuple[BuildRecord, bool]:
    """The record of a build that begins, and whether it begins with an empty file."""
    warehouse = settings.warehouse(request.replay, request.target)
    before = read_record(settings, target=request.target)
    variables = {**project_vars(settings.project_dir), **request.variables}
    is_lost = (
        _is_unreadable(warehouse, request.run_id) if request.target == DEFAULT_TARGET else _was_interrupted(before)
    )
    ledger = read_rows(settings.raw)
    held = [row.load_id for row in ledger if row.status == "held"]
    if request.replay:
        for path in (warehouse, _wal(warehouse)):
            path.unlink(missing_ok=True)
    is_new_file = is_lost or request.replay
    record = BuildRecord(
        run_id=request.run_id,
        status="building",
        target=request.target,
        preset=request.preset,
        vars=variables,
        warehouse=warehouse,
        target_dir=target_dir(settings, request.replay, request.target),
        started_at=datetime.now(UTC),
        git_revision=git_revision(settings.project_dir),
        full_refresh=request.full_refresh or is_new_file or needs_full_refresh(before, variables, held),
        max_load_id=max((row.load_id for row in ledger), default=0),
        held_loads=held,
    )
    return record, is_new_file


def needs_full_refresh(before: BuildRecord | None, variables: Mapping[str, Any], held: Collection[int]) -> bool:
    """Whether incremental tables must be rebuilt from scratch.

    They must when vars changed (also if the first attempt at that was interrupted), and when an old load was held or
    released: incremental models find new loads by their number, and do not notice an older one that went or came back.
    """
    if before is None:
        return False
    are_vars_new = before.vars != variables or (before.full_refresh and before.status != "green")
    return are_vars_new or any(load <= before.max_load_id for load in {*before.held_loads} ^ {*held})


def _parts(request: BuildRequest, variables: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The options of each `dbt build`: two around the fit, one when you select nodes or nothing is fitted."""
    if request.select:
        # run only tests whose other models the selection is built from: the rest would compare new rows with tables
        # that this build does not update
        return [("--select", *request.select, "--indirect-selection", "buildable")]
    return [_FIT_INPUTS, _THE_REST] if "model_refit_days" in variables else [()]


def _environment(settings: Settings, request: BuildRequest, record: BuildRecord) -> dict[str, str]:
    first, last = request.restate or ("", "")
    return {
        "SEGMENTRY_HOME": str(settings.home),
        "SEGMENTRY_WAREHOUSE": record.warehouse.name,
        # not vars: dbt parses the whole project again when a var has another value
        "SEGMENTRY_RESTATE_FROM": str(first),
        "SEGMENTRY_RESTATE_UNTIL": str(last),
    }


def _fit_models(settings: Settings, record: BuildRecord, engine: Engine) -> list[ModelRun]:
    from segmentry.estimators.runs import fit_models  # noqa: PLC0415 (SciPy: slow)
    from segmentry.estimators.sentiment import score_texts  # noqa: PLC0415

    with engine.reader(record.warehouse) as read:
        runs = fit_models(settings.models, read, record.vars)
        score_texts(settings.models, read)
    return runs


def _was_interrupted(before: BuildRecord | None) -> bool:
    """Other engines replace the days of a table one by one: after a failed build nobody knows which of them are new."""
    return before is not None and before.status not in {"green", "partial"}


def _is_unreadable(warehouse: Path, run_id: str) -> bool:
    """Check the file that the last build left. One that DuckDB cannot open is set aside, for a new one."""
    if not warehouse.is_file():
        _wal(warehouse).unlink(missing_ok=True)
        return False
    try:
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("checkpoint")
    except duckdb.Error as error:
        if "Could not set lock" in str(error):
            raise LockedError(
                f"another program has the build file {warehouse} open",
                "Close it. BI tools read published/marts.duckdb, never the build file.",
            ) from None
        if "No space left" in str(error) or "Permission denied" in str(error):
            raise EnvironmentProblemError(f"cannot open {warehouse}: {error}", "Run `segmentry doctor`.") from None
        aside = warehouse.with_name(f"set-aside-{run_id}.duckdb")
        warehouse.replace(aside)
        if _wal(warehouse).exists():
            _wal(warehouse).replace(_wal(aside))
        return True
    return False


def _wal(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _failure_text(record: BuildRecord, problem: str) -> str:
    failed = [r for r in run_results(record.target_dir)["results"] if r["status"] in {"error", "fail", "runtime error"}]
    if not failed:
        return f"dbt stopped before the first model: {problem or 'no message'}"
    lines = [f"{r['unique_id']}: {(r.get('message') or r['status']).strip()}" for r in failed[:_SHOWN_FAILURES]]
    more = len(failed) - len(lines)
    lines += [f"… {more} more"] if more else []
    return "\n".join([f"{len(failed)} of the build's models and checks failed", *lines])
