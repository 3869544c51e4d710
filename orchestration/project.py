"""The dbt project for Dagster. Its manifest is parsed again only when a file of the project changes."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster_dbt import DbtProject
from dbt.version import __version__ as dbt_version

from segmentry.config import Settings, presets, resolve_vars
from segmentry.errors import EnvironmentProblemError, UsageError
from segmentry.files import write_text

_PARTS = ("models", "macros", "seeds", "tests/dbt", "contracts", "dbt_project.yml", "profiles.yml")


def preset(settings: Settings) -> str:
    """The preset of this deployment: SEGMENTRY_PRESET, else the canonical feeds. Raises UsageError."""
    chosen = os.environ.get("SEGMENTRY_PRESET") or "feeds"
    if chosen not in presets(settings.project_dir):
        raise UsageError(
            f"no preset '{chosen}'", f"Set SEGMENTRY_PRESET to {', '.join(presets(settings.project_dir))}."
        )
    return chosen


def dbt_project(settings: Settings) -> DbtProject:
    """The project with its manifest, from `dbt parse` if it is missing or outdated."""
    project = DbtProject(settings.project_dir, target_path=_target(settings))
    with _alone(_target(settings)):
        mark, print_ = _target(settings) / "fingerprint", fingerprint(settings)
        if not project.manifest_path.is_file() or not mark.is_file() or mark.read_text(encoding="utf-8") != print_:
            _parse(settings)
            write_text(mark, print_)
    return project


def fingerprint(settings: Settings) -> str:
    """Changes with any file of the dbt project, with the preset and with dbt's version."""
    digest = hashlib.sha256(f"{dbt_version} {preset(settings)} {settings.home}".encode())
    for path in _files(settings.project_dir):
        stat = path.stat()
        digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _files(project_dir: Path) -> Iterator[Path]:
    for part in _PARTS:
        top = project_dir / part
        yield from sorted(path for path in top.rglob("*") if path.is_file()) if top.is_dir() else [top]


def _parse(settings: Settings) -> None:
    project = str(settings.project_dir)
    arguments = ["--quiet", "--no-use-colors", "--log-path", str(settings.runs / "logs"), "parse"]
    arguments += ["--project-dir", project, "--profiles-dir", project, "--target-path", str(_target(settings))]
    arguments += ["--vars", json.dumps(resolve_vars(settings.project_dir, preset(settings)))]
    environment = os.environ | {"SEGMENTRY_HOME": str(settings.home), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    dbt = [sys.executable, "-P", "-c", "from dbt.cli.main import cli; cli()"]
    result = subprocess.run(
        [*dbt, *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise EnvironmentProblemError(f"dbt cannot parse the project:\n{result.stdout}{result.stderr}")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one of webserver, daemon and runs parse, which load the project at the same time."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _target(settings: Settings) -> Path:
    return settings.runs / "dagster_target"
