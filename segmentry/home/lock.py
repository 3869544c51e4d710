"""One writer per home: an advisory file lock that names its holder.

The operating system releases the lock when its process ends, so a killed run cannot leave it behind. What the file
says is for people; it is ignored once its process has ended.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from segmentry.errors import LockedError

WAIT_SECONDS = 3.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Holder:
    """Who holds the lock: run id, process id, command and start (ISO 8601, UTC)."""

    run_id: str
    pid: int
    command: str
    since: str


@dataclass(frozen=True)
class Lock:
    """A lock that is held. Hand `fileno` to child processes: they then hold it too until they end."""

    holder: Holder
    fileno: int


def lock_path(home: Path) -> Path:
    """Where the lock of a home is."""
    return home / "warehouse" / ".lock"


@contextmanager
def writer_lock(home: Path, run_id: str, command: str, wait_seconds: float | None = None) -> Iterator[Lock]:
    """Hold the home's only write lock. Raises LockedError with the holder's run id after `wait_seconds`
    (default WAIT_SECONDS)."""
    path = lock_path(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _acquire(fd, path, WAIT_SECONDS if wait_seconds is None else wait_seconds)
        holder = Holder(run_id, os.getpid(), command, datetime.now(UTC).isoformat(timespec="seconds"))
        _write(fd, json.dumps(asdict(holder)))
        try:
            yield Lock(holder, fd)
        finally:
            _write(fd, "")
    finally:
        os.close(fd)


def current_holder(home: Path) -> Holder | None:
    """Who holds the lock, or None. Does not wait."""
    path = lock_path(home)
    if not path.exists():
        return None
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(path)
    else:
        return None
    finally:
        os.close(fd)


def _acquire(fd: int, path: Path, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < deadline:
                time.sleep(_POLL_SECONDS)
                continue
            holder = _read(path)
            raise LockedError(
                f"run {holder.run_id} (process {holder.pid}, `{holder.command}`) "
                f"has been writing to this home since {holder.since}",
                "Wait for it to end or stop it, then run the same command again.",
            ) from None
        return


def _write(fd: int, text: str) -> None:
    os.ftruncate(fd, 0)
    os.pwrite(fd, text.encode(), 0)


def _read(path: Path) -> Holder:
    try:
        return Holder(**json.loads(path.read_text()))
    except (ValueError, TypeError):
        # the holder has the lock but has not written its details yet
        return Holder("unknown", 0, "unknown", "just now")
