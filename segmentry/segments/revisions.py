"""Definitions of another time: out of git, or from a folder or file."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from segmentry.definitions.model import FOLDER, Definitions, read_definitions
from segmentry.errors import EnvironmentProblemError, UsageError


@contextmanager
def checked_out(project_dir: Path, revision: str, *folders: str) -> Iterator[Path]:
    """A folder with the project's `folders` (default: its definitions) at a revision. Raises UsageError."""
    commit = _git(project_dir, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        raise UsageError(f"no revision '{revision}' in git", "Name a branch, tag or commit, such as origin/main.")
    wanted = folders or (FOLDER,)
    tree = _text(_git(project_dir, "ls-tree", "--name-only", _text(commit), *wanted) or b"").splitlines()
    with TemporaryDirectory(prefix="segmentry-base-") as name:
        if tree:
            archive = _git(project_dir, "archive", "--format=tar", _text(commit), "--", *tree)
            with tarfile.open(fileobj=io.BytesIO(archive or b"")) as files:
                files.extractall(name, filter="data")
        yield Path(name)


@contextmanager
def definitions_of(project_dir: Path, base: str) -> Iterator[Definitions]:
    """The definitions of a file or folder of that name, else of a revision. Raises UsageError when they are wrong."""
    path = Path(base)
    if path.exists():
        found = read_definitions(path.resolve())
    else:
        with checked_out(project_dir, base) as root:
            found = read_definitions(root)
    if found.findings:
        raise UsageError(f"the definitions of {base} cannot be read: {found.findings[0]}", "Compare with another base.")
    if not found.dimensions:
        raise UsageError(f"there are no definitions in {base}", f"Name a revision or folder that has {FOLDER}/.")
    yield found


def newest_commit_date(project_dir: Path) -> date | None:
    """The day of the newest commit, None outside git."""
    answer = _git(project_dir, "log", "-1", "--format=%cs")
    return date.fromisoformat(_text(answer)) if answer and answer.strip() else None


def _git(project_dir: Path, *words: str) -> bytes | None:
    """What git says, None when it fails."""
    command = ["git", "-C", str(project_dir), *words]
    try:
        result = subprocess.run(command, capture_output=True, check=False, timeout=60)
    except FileNotFoundError:
        raise EnvironmentProblemError("git is not installed", "Install git, or give a folder instead.") from None
    except subprocess.TimeoutExpired:
        raise EnvironmentProblemError("git gave no answer in a minute", "Look at the repository's locks.") from None
    return result.stdout if result.returncode == 0 else None


def _text(answer: bytes) -> str:
    return answer.decode().strip()
