"""The home as a Dagster resource: its paths, and the writer lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from segmentry.config import Settings
from segmentry.errors import SegmentryError
from segmentry.home.lock import Lock, writer_lock

WRITER_POOL = "segmentry_writer"
"""The pool of every step that writes to the home, with one slot. The file lock excludes the command line too."""


class Home(dg.ConfigurableResource):  # type: ignore[type-arg]
    """A home and its project, as `segmentry --home --project-dir` names them."""

    home: str
    project_dir: str
    preset: str = "feeds"
    lock_wait_seconds: float = 600

    @property
    def settings(self) -> Settings:
        """Settings with the SEGMENTRY_* variables of this process."""
        return Settings.load(home=Path(self.home), project_dir=Path(self.project_dir))

    @contextmanager
    def writing(self, run_id: str, command: str) -> Iterator[Lock]:
        """Hold the writer lock under the id of the Dagster run. Waits for another holder."""
        with writer_lock(Path(self.home), run_id, f"dagster {command}", self.lock_wait_seconds) as lock:
            yield lock


@contextmanager
def expected_failures() -> Iterator[None]:
    """Show an expected failure as its message and remedy, without a traceback."""
    try:
        yield
    except SegmentryError as error:
        raise dg.Failure(
            description=f"{error.message}\n{error.remedy}".strip(),
            metadata={"error": type(error).__name__},
            allow_retries=False,
        ) from None
