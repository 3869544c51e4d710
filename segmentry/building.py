"""Run dbt into the private warehouse file, fit the models on the way, and keep a record of how it ended.

A build has two parts: what the models are fitted on (tag `fit_input`) with all it needs, then, scored by the fitted
models, everything else. No model is built twice; a fit that is young enough is used again.

dbt is atomic per model, not per run, so only a record that says `green`, about a file that nobody touched since, may
be published. Recovery after a kill is the same command again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

import duckdb
from pydantic import BaseModel

from segmentry.config import DEFAULT_PRESET, DEFAULT_TARGET, Settings, VarValue, project_vars
from segmentry.engines import Engine, engine_of
from segmentry.errors import BuildFailedError, EnvironmentProblemError, LockedError
from segmentry.estimators.store import ModelRun
from segmentry.files import write_text
from segmentry.landing.ledger import read_rows

Progress = Callable[[str, int, int], None]
Event = dict[str, Any]
"""One line of dbt's JSON log: `info` and `data`."""

_SHOWN_FAILURES = 10
_GRACE_SECONDS = 10
# cautious: a test runs in the part that holds all its models, so the parts complete each other
_FIT_INPUTS = ["--select", "+tag:fit_input", "--indirect-selection", "cautious"]
_THE_REST = ["--exclude", "+tag:fit_input", "--indirect-selection", "cautious"]
_CHILD = Path(__file__).with_name("dbt_child.py")


class BuildRecord(BaseModel):
    """How the last build of a warehouse file ended: green, failed, or partial (not every model was built).

    `file_state` is the file's size and mtime (ns) at that moment.
    """

    run_id: str
    status: str
    target: str = DEFAULT_TARGET
    preset: str
    vars: dict[str, Any]
    warehouse: Path
    target_dir: Path
    started_at: datetime
    finished_at: datetime | None = None
    dbt_invocation_id: str | None = None
    git_revision: str | None = None
    full_refresh: bool = False
    max_load_id: int = 0
    held_loads: list[int] = []
    counts: dict[str, int] = {}
    file_state: tuple[int, int] | None = None

    @property
    def seconds(self) -> float:
        """Wall time of the build."""
        return ((self.finished_at or self.started_at) - self.started_at).total_seconds()


def build(
    settings: Settings,
    run_id: str,
    variables: Mapping[str, VarValue],
    *,
    full_refresh: bool = False,
    replay: bool = False,
    select: Sequence[str] = (),
    restate: tuple[date, date] | None = None,
    target: str = DEFAULT_TARGET,
    lock_fd: int | None = None,
    on_progress: Progress | None = None,
    on_event: Callable[[Event], None] | None = None,
    on_fit: Callable[[list[ModelRun]], None] | None = None,
) -> BuildRecord:
    """Build every model and run every test. Raises BuildFailedError naming what failed; the record is kept either way.

    `select` limits the build to these dbt nodes: its record is `partial`, which cannot be published. `restate` is the
    first and last local day of those whose events are computed anew even if nothing arrived for them. `target` is an
    output of profiles.yml; from another engine than DuckDB the marts are brought here, to the record's `warehouse`.
    The caller holds the writer lock; `lock_fd` is passed on so that the lock lasts as long as dbt runs.
    """
    engine = engine_of(settings.home, target, replay)
    warehouse = settings.warehouse(replay, target)
    before = read_record(settings, target=target)
    effective = {**project_vars(settings.project_dir), **variables}
    recovered = _recover(warehouse, run_id) if target == DEFAULT_TARGET else _was_cut_short(before)
    ledger = read_rows(settings.raw)
    held = [row.load_id for row in ledger if row.status == "held"]
    changed = _definitions_changed(before, effective) or _holds_changed(before, held)
    refresh = full_refresh or replay or recovered or changed
    if replay:
        for path in (warehouse, _wal(warehouse)):
            path.unlink(missing_ok=True)
    record = BuildRecord(
        run_id=run_id,
        status="building",
        target=target,
        preset=str(variables.get("preset", DEFAULT_PRESET)),
        vars=effective,
        warehouse=warehouse,
        target_dir=_target_dir(settings, replay, target),
        started_at=datetime.now(UTC),
        git_revision=git_revision(settings.project_dir),
        full_refresh=refresh,
        max_load_id=max((row.load_id for row in ledger), default=0),
        held_loads=held,
    )
    _write_record(settings, record, replay)
    if recovered or replay:
        engine.clear(record.target_dir)
    for folder in (warehouse.parent / "tmp", record.target_dir, settings.runs / "logs"):
        folder.mkdir(parents=True, exist_ok=True)
    chosen = ["--vars", json.dumps(dict(variables))]
    parts = _parts(select, effective)
    for part in parts:
        if part is _THE_REST:
            runs = _fit(settings, record, engine)
            if on_fit:
                on_fit(runs)
        code, fatal = _run_dbt(
            settings,
            record,
            [*part, *chosen],
            engine.environment,
            restate=restate,
            lock_fd=lock_fd,
            on_progress=on_progress,
            on_event=on_event,
        )
        if code == 0 and part is parts[-1] and not select:
            engine.fetch_marts(warehouse, record.target_dir, on_progress)
        record = _finish(record, code, "partial" if select else "green")
        if record.status == "failed":
            break
    _write_record(settings, record, replay)
    if record.status == "failed":
        raise BuildFailedError(_failure_text(record, fatal), f"Details are in {settings.runs / 'logs' / 'dbt.log'}.")
    return record


def read_record(settings: Settings, replay: bool = False, target: str = DEFAULT_TARGET) -> BuildRecord | None:
    """The record of the last build of a target, or None when nothing was built."""
    path = _record_path(settings, replay, target)
    if not path.is_file():
        return None
    record = BuildRecord.model_validate_json(path.read_text(encoding="utf-8"))
    # the home may have been moved, or copied, since
    places = {"warehouse": settings.warehouse(replay, target), "target_dir": _target_dir(settings, replay, target)}
    return record.model_copy(update=places)


def require_green(settings: Settings, replay: bool = False, target: str = DEFAULT_TARGET) -> BuildRecord:
    """The record of the last build if it may be published: green, and the file untouched since."""
    record = read_record(settings, replay, target)
    remedy = "Run `segmentry build`."
    if record is None or not record.warehouse.is_file():
        raise BuildFailedError("nothing has been built in this home", remedy)
    if record.status != "green":
        raise BuildFailedError(f"the last build ({record.run_id}) is not green: {record.status}", remedy)
    if record.file_state != file_state(record.warehouse):
        raise BuildFailedError(f"{record.warehouse.name} was changed after the last green build", remedy)
    return record


def file_state(path: Path) -> tuple[int, int]:
    """Size and modification time (ns): changes whenever somebody wrote to the file."""
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def git_revision(project_dir: Path) -> str | None:
    """The commit of the project, with `-dirty` when files differ from it; None outside git."""
    command = ["git", "-C", str(project_dir), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip() or None


def run_results(target_dir: Path) -> dict[str, Any]:
    """dbt's run_results.json, or an empty result when dbt ended before it wrote one."""
    path = target_dir / "run_results.json"
    if not path.is_file():
        return {"metadata": {}, "results": []}
    results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return results


def progress_of(event: Event) -> tuple[str, int, int] | None:
    """Name and number of the model or test that an event is the result of, and of how many; None for other events."""
    data = event.get("data", {})
    of = data.get("total", data.get("num_models"))  # of a test under the second name
    if of is None or not str(event.get("info", {}).get("name", "")).endswith("Result"):
        return None
    return data.get("node_info", {}).get("node_name", ""), data.get("index", 0), of


def _parts(select: Sequence[str], effective: Mapping[str, Any]) -> list[list[str]]:
    """The options of each dbt call of a build: two around the fit, one where a part is wanted or nothing is fitted."""
    if select:
        # of the tests those that read nothing outside the part but what it is made from: the rest would hold new rows
        # against tables that this build does not make
        return [["--select", *select, "--indirect-selection", "buildable"]]
    return [_FIT_INPUTS, _THE_REST] if "model_refit_days" in effective else [[]]


def _fit(settings: Settings, record: BuildRecord, engine: Engine) -> list[ModelRun]:
    from segmentry.estimators.runs import fit_models  # noqa: PLC0415 (SciPy: slow, and only wanted here)
    from segmentry.estimators.sentiment import score_texts  # noqa: PLC0415

    with engine.reader(record.warehouse) as read:
        runs = fit_models(settings.models, read, record.vars)
        score_texts(settings.models, read)
    return runs


def _definitions_changed(before: BuildRecord | None, effective: Mapping[str, Any]) -> bool:
    """Incremental tables made under other vars must be made anew, also when the first attempt at that was cut short."""
    if before is None:
        return False
    return before.vars != effective or (before.full_refresh and before.status != "green")


def _was_cut_short(before: BuildRecord | None) -> bool:
    """Elsewhere a table's days are put in place one after the other: after a build that did not end green nobody knows
    which of them are new, so incremental tables are made anew."""
    return before is not None and before.status not in {"green", "partial"}


def _holds_changed(before: BuildRecord | None, held: Collection[int]) -> bool:
    """Incremental tables know new loads by their number; a load below it that went or came back is not seen."""
    return before is not None and any(load <= before.max_load_id for load in {*before.held_loads} ^ {*held})


def _recover(warehouse: Path, run_id: str) -> bool:
    """Bring the file of a killed run into order. True when it could not be read and was set aside."""
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


def _run_dbt(
    settings: Settings,
    record: BuildRecord,
    options: list[str],
    engine: Mapping[str, str],
    *,
    restate: tuple[date, date] | None,
    lock_fd: int | None,
    on_progress: Progress | None,
    on_event: Callable[[Event], None] | None,
) -> tuple[int, str]:
    """Exit code of `dbt build` and the last error it logged outside a node (a parse error, say)."""
    (record.target_dir / "run_results.json").unlink(missing_ok=True)
    project = str(settings.project_dir)
    _forget_other_checkout(record.target_dir, project)
    arguments = ["--no-use-colors", "--log-format", "json", "--log-path", str(settings.runs / "logs"), "build"]
    arguments += ["--project-dir", project, "--profiles-dir", project, "--target-path", str(record.target_dir)]
    # unit tests check the code, not the data: `make test` runs them
    arguments += ["--exclude-resource-type", "unit_test"]
    arguments += ["--target", record.target, *options, *(["--full-refresh"] if record.full_refresh else [])]
    environment = (
        os.environ
        | engine
        | {
            "SEGMENTRY_HOME": str(settings.home),
            "SEGMENTRY_WAREHOUSE": record.warehouse.name,
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "PYTHONUNBUFFERED": "1",
            # no var: another value of a var would make dbt parse the whole project anew
            "SEGMENTRY_RESTATE_FROM": restate[0].isoformat() if restate else "",
            "SEGMENTRY_RESTATE_UNTIL": restate[1].isoformat() if restate else "",
        }
    )
    command = [sys.executable, "-P", str(_CHILD), str(os.getpid()), *arguments]
    fatal = ""
    with _child(command, settings.project_dir, environment, lock_fd) as child:
        assert child.stdout is not None  # noqa: S101 (opened as a pipe above)
        for event in _events(child.stdout):
            info, data = event.get("info", {}), event.get("data", {})
            if on_event:
                on_event(event)
            step = progress_of(event)
            if on_progress and step:
                on_progress(*step)
            elif info.get("level") == "error" and not data.get("node_info"):
                fatal = str(info.get("msg", ""))
        return child.wait(), fatal


@contextmanager
def _child(
    command: list[str], cwd: Path, environment: Mapping[str, str], lock_fd: int | None
) -> Iterator[subprocess.Popen[str]]:
    """A child that is gone when the block is left, whatever the reason."""
    child = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        pass_fds=() if lock_fd is None else (lock_fd,),
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _events(lines: IO[str]) -> Iterator[Event]:
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            event = {"info": {"level": "error", "msg": line.strip()}} if line.strip() else {}
        if isinstance(event, dict):
            yield event


def _finish(record: BuildRecord, code: int, success: str) -> BuildRecord:
    results = run_results(record.target_dir)
    counts = dict(record.counts)
    for result in results["results"]:
        counts[result["status"]] = counts.get(result["status"], 0) + 1
    passed = code == 0 and bool(results["results"])
    return record.model_copy(
        update={
            "status": success if passed else "failed",
            "finished_at": datetime.now(UTC),
            "dbt_invocation_id": results["metadata"].get("invocation_id"),
            "counts": counts,
            "file_state": file_state(record.warehouse) if record.warehouse.is_file() else None,
        }
    )


def _failure_text(record: BuildRecord, fatal: str) -> str:
    failed = [r for r in run_results(record.target_dir)["results"] if r["status"] in {"error", "fail", "runtime error"}]
    if not failed:
        return f"dbt stopped before the first model: {fatal or 'no message'}"
    lines = [f"{r['unique_id']}: {(r.get('message') or r['status']).strip()}" for r in failed[:_SHOWN_FAILURES]]
    more = len(failed) - len(lines)
    lines += [f"… {more} more"] if more else []
    return "\n".join([f"{len(failed)} of the build's models and checks failed", *lines])


def _write_record(settings: Settings, record: BuildRecord, replay: bool) -> None:
    write_text(_record_path(settings, replay, record.target), record.model_dump_json(indent=2))


def _record_path(settings: Settings, replay: bool, target: str) -> Path:
    return settings.runs / f"{_named('last_replay' if replay else 'last_build', target)}.json"


def _forget_other_checkout(target_dir: Path, project: str) -> None:
    """Drop dbt's partial parse of a project in another folder: it keeps the full paths of seeds."""
    parsed_from = target_dir / "project"
    if not parsed_from.is_file() or parsed_from.read_text(encoding="utf-8") != project:
        (target_dir / "partial_parse.msgpack").unlink(missing_ok=True)
        write_text(parsed_from, project)


def _target_dir(settings: Settings, replay: bool, target: str) -> Path:
    return settings.runs / _named("target_replay" if replay else "target", target)


def _named(name: str, target: str) -> str:
    return name if target == DEFAULT_TARGET else f"{name}_{target}"


def _wal(path: Path) -> Path:
    return path.with_name(path.name + ".wal")
