"""The home as a Dagster resource: where data lies, how long to wait for the writer lock, and who holds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from segmentry.config import Settings
from segmentry.errors import SegmentryError
from segmentry.home.lock import Lock, writer_lock

WRITER_POOL = "segmentry_writer"
"""Every step that writes to the home is in this pool of one; the file lock keeps the command line out as well."""


class Home(dg.ConfigurableResource):  # type: ignore[type-arg]
    """A home and the project it is built by, as `segmentry --home --project-dir` takes them."""

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
        """Hold the writer lock under the id of the Dagster run, after waiting for a command line that holds it."""
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
