"""Results of suites: a small JSON file per run and scope in `runs/quality/`, shown by the page."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel

from segmentry.config import Settings
from segmentry.errors import AuditFailedError
from segmentry.files import write_text
from segmentry.quality.rules import Outcome

KEPT = 200
"""How many results are kept. The page shows the newest."""


class Suite(BaseModel):
    """The outcomes of a feed (`events`) or a mart. `subject` names the files or the build."""

    asset: str
    subject: str
    outcomes: list[Outcome] = []

    def failed(self, severity: str) -> list[Outcome]:
        """Outcomes of that severity that did not pass."""
        return [outcome for outcome in self.outcomes if not outcome.passed and outcome.severity == severity]


class Result(BaseModel):
    """One run of suites over a scope: the new files (`feeds`) or the marts of a build (`marts`).

    `at` is naive UTC; `build_id` is dbt's invocation id of the build whose marts were looked at.
    """

    run_id: str
    scope: str
    at: datetime
    build_id: str | None = None
    suites: list[Suite]

    def failed(self, severity: str) -> list[tuple[Suite, Outcome]]:
        """Every outcome of that severity that did not pass, with its suite."""
        return [(suite, outcome) for suite in self.suites for outcome in suite.failed(severity)]


def folder(settings: Settings) -> Path:
    """Where results and page lie."""
    return settings.runs / "quality"


def save(settings: Settings, result: Result) -> Path:
    """Write a result and drop the oldest beyond KEPT. The caller holds the writer lock."""
    path = folder(settings) / f"{result.at:%Y%m%dT%H%M%S%f}-{result.scope}.json"
    write_text(path, result.model_dump_json())
    for old in sorted(folder(settings).glob("*.json"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def load(settings: Settings, newest: int = KEPT) -> list[Result]:
    """The newest results, oldest first."""
    paths = sorted(folder(settings).glob("*.json"))[-newest:]
    return [Result.model_validate_json(path.read_text(encoding="utf-8")) for path in paths]


def require_passed(settings: Settings, build_id: str | None) -> None:
    """Raise AuditFailedError unless the suites of the marts ran on this build without an error."""
    result = next((r for r in reversed(load(settings)) if r.scope == "marts" and r.build_id == build_id), None)
    if result is None:
        raise AuditFailedError(
            "quality", "the suites of the marts have not run on this build", "Materialize the marts with their checks."
        )
    broken = result.failed("error")
    if broken:
        said = "; ".join(f"{suite.asset}: {outcome.text()}" for suite, outcome in broken)
        raise AuditFailedError("quality", said, "Fix the cause, or change the threshold in quality.yml.")
