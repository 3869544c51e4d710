"""The record of the last build: only a green one, about a file that is unchanged since, may be published."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from segmentry.config import DEFAULT_TARGET, Settings
from segmentry.dbt.process import run_results
from segmentry.errors import BuildFailedError
from segmentry.files import write_text


class BuildRecord(BaseModel):
    """How the last build of a warehouse file ended: green, failed, or partial (not every model was built).

    `file_state` is the file's size and modification time (ns) at that moment.
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

    def after_dbt(self, succeeded: bool, status: str) -> BuildRecord:
        """The record after a dbt command: with `status` if it succeeded, else failed."""
        results = run_results(self.target_dir)
        counts = dict(self.counts)
        for result in results["results"]:
            counts[result["status"]] = counts.get(result["status"], 0) + 1
        return self.model_copy(
            update={
                "status": status if succeeded and results["results"] else "failed",
                "finished_at": datetime.now(UTC),
                "dbt_invocation_id": results["metadata"].get("invocation_id"),
                "counts": counts,
                "file_state": file_state(self.warehouse) if self.warehouse.is_file() else None,
            }
        )


def read_record(settings: Settings, replay: bool = False, target: str = DEFAULT_TARGET) -> BuildRecord | None:
    """The record of the last build of a target, or None when nothing was built."""
    path = _path(settings, replay, target)
    if not path.is_file():
        return None
    record = BuildRecord.model_validate_json(path.read_text(encoding="utf-8"))
    # the home may have been moved, or copied, since
    places = {"warehouse": settings.warehouse(replay, target), "target_dir": target_dir(settings, replay, target)}
    return record.model_copy(update=places)


def write_record(settings: Settings, record: BuildRecord, replay: bool) -> None:
    """Keep the record of a build."""
    write_text(_path(settings, replay, record.target), record.model_dump_json(indent=2))


def require_green(settings: Settings, replay: bool = False, target: str = DEFAULT_TARGET) -> BuildRecord:
    """The record of the last build if it may be published: green, and the file unchanged since."""
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
    """Size and modification time (ns): they change whenever somebody writes to the file."""
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


def target_dir(settings: Settings, replay: bool, target: str) -> Path:
    """The folder of dbt's artifacts."""
    return settings.runs / _named("target_replay" if replay else "target", target)


def _path(settings: Settings, replay: bool, target: str) -> Path:
    return settings.runs / f"{_named('last_replay' if replay else 'last_build', target)}.json"


def _named(name: str, target: str) -> str:
    return name if target == DEFAULT_TARGET else f"{name}_{target}"
