"""What a build is asked to do, and who follows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from segmentry.config import DEFAULT_PRESET, DEFAULT_TARGET, VarValue
from segmentry.dbt.process import Event
from segmentry.estimators.store import ModelRun
from segmentry.progress import Progress


@dataclass(frozen=True)
class BuildRequest:
    """A build of the warehouse file, by default of every model.

    `variables` are the vars that differ from dbt_project.yml. `target` is an output of profiles.yml. `replay` builds
    into a file of its own. `select` limits the build to these dbt nodes; it cannot be published then. `restate` is the
    first and last local day whose events are recomputed even if nothing arrived for them. `lock_fd` is the writer lock
    of the caller, which lasts as long as dbt runs.
    """

    run_id: str
    variables: Mapping[str, VarValue]
    full_refresh: bool = False
    replay: bool = False
    select: Sequence[str] = ()
    restate: tuple[date, date] | None = None
    target: str = DEFAULT_TARGET
    lock_fd: int | None = None

    @property
    def preset(self) -> str:
        """The preset whose files the warehouse holds."""
        return str(self.variables.get("preset", DEFAULT_PRESET))


@dataclass(frozen=True)
class BuildListener:
    """What a caller wants to hear of a build while it runs."""

    on_progress: Progress | None = None
    on_event: Callable[[Event], None] | None = None
    on_fit: Callable[[list[ModelRun]], None] | None = None
