"""Check that this machine can build and publish. Each check says what it found and, if it failed, what to do."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
import tempfile
import zoneinfo
from collections.abc import Callable
from pathlib import Path

import duckdb
from pydantic import BaseModel

from segmentry.config import Settings, presets, project_vars
from segmentry.duck import open_read_only
from segmentry.errors import SegmentryError
from segmentry.files import temporary_beside
from segmentry.home.lock import current_holder

MIN_FREE_BYTES = 2 * 1024**3
_PYTHON = ((3, 11), (3, 14))
_PACKAGES = ("dbt-core", "dbt-duckdb", "duckdb", "pyarrow", "pydantic", "typer")


class Check(BaseModel):
    """The result of a check. `ok` is False only if Segmentry cannot work."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def examine(settings: Settings) -> list[Check]:
    """Run every check; none raises."""
    checks: list[Callable[[Settings], Check]] = [
        _python, _packages, _project, _home, _hard_links, _disk, _zones, _published, _lock,
    ]  # fmt: skip
    return [check(settings) for check in checks]


def _python(settings: Settings) -> Check:
    low, high = _PYTHON
    return Check(
        name="python",
        ok=low <= sys.version_info[:2] < high,
        detail=f"{sys.version.split()[0]} at {sys.executable}",
        remedy="Use Python 3.11, 3.12 or 3.13: `make install PYTHON=python3.12`.",
    )


def _packages(settings: Settings) -> Check:
    found, missing = [], []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    detail = ", ".join(found) + (f"; missing: {', '.join(missing)}" if missing else "")
    return Check(name="packages", ok=not missing, detail=detail, remedy="Run `make install`.")


def _project(settings: Settings) -> Check:
    try:
        count, names = len(project_vars(settings.project_dir)), list(presets(settings.project_dir))
    except (OSError, ValueError, SegmentryError) as error:
        return Check(name="project", ok=False, detail=str(error), remedy="Name the project with --project-dir.")
    return Check(name="project", ok=True, detail=f"{settings.project_dir}: {count} vars; presets: {', '.join(names)}")


def _home(settings: Settings) -> Check:
    try:
        for folder in (settings.inbox, settings.raw, settings.warehouse().parent, settings.published, settings.runs):
            folder.mkdir(parents=True, exist_ok=True)
            probe = temporary_beside(folder / "probe")
            probe.write_bytes(b"x")
            probe.unlink()
    except OSError as error:
        remedy = "Give this user write access to the folder, or choose another with --home."
        return Check(name="home", ok=False, detail=f"{settings.home}: {error.strerror}", remedy=remedy)
    return Check(name="home", ok=True, detail=f"{settings.home} is writable")


def _hard_links(settings: Settings) -> Check:
    try:
        with tempfile.TemporaryDirectory(dir=settings.published, prefix=".probe") as folder:
            probe = Path(folder) / "probe"
            probe.write_bytes(b"x")
            probe.with_name("link").hardlink_to(probe)
        detail = "hard links work: a generation costs its size once"
    except OSError:
        detail = "no hard links here: the current generation is kept twice"
    return Check(name="links", ok=True, detail=detail)


def _disk(settings: Settings) -> Check:
    place = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free = shutil.disk_usage(place).free
    warehouse = settings.warehouse()
    needed = max(MIN_FREE_BYTES, 2 * warehouse.stat().st_size if warehouse.is_file() else 0)
    return Check(
        name="disk",
        ok=free >= needed,
        detail=f"{free / 1024**3:.1f} GiB free, {needed / 1024**3:.1f} GiB wanted",
        remedy="Free space, lower SEGMENTRY_KEEP_GENERATIONS, or choose another --home.",
    )


def _zones(settings: Settings) -> Check:
    count = len(zoneinfo.available_timezones())
    return Check(name="time zones", ok=count > 0, detail=f"{count} zones known", remedy="Install the package tzdata.")


def _published(settings: Settings) -> Check:
    path = settings.published / "marts.duckdb"
    if not path.is_file():
        return Check(name="published", ok=True, detail="nothing published yet")
    try:
        with open_read_only(path) as connection:
            row = connection.execute("select count(*) from duckdb_tables()").fetchone()
    except duckdb.Error as error:
        return Check(name="published", ok=False, detail=f"{path}: {error}", remedy="Run `segmentry rollback`.")
    return Check(name="published", ok=True, detail=f"{path} opens, {row[0] if row else 0} tables")


def _lock(settings: Settings) -> Check:
    holder = current_holder(Path(settings.home))
    detail = f"held by run {holder.run_id} (process {holder.pid}) since {holder.since}" if holder else "free"
    return Check(name="lock", ok=True, detail=detail)
