"""Processes and ports: how Segmentry starts, watches and ends what it runs beside itself (dbt, Spark, Dagster).

A process group is named by the process id of its leader.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

LOOPBACK = "127.0.0.1"
_PROC = Path("/proc")
_POLL_SECONDS = 0.2


@contextmanager
def child(
    command: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    grace_seconds: float,
    pass_fds: Collection[int] = (),
) -> Iterator[subprocess.Popen[str]]:
    """A child with pipes for its input and output. It is ended when the block is left, whatever the reason."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        pass_fds=tuple(pass_fds),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(grace_seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def end_groups(leaders: Sequence[int], grace_seconds: float) -> None:
    """Ask the processes of the groups to end. Kill those that are left after the grace period."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for leader in leaders:
            with suppress(ProcessLookupError):
                os.killpg(leader, number)
        if wait_until(lambda: not any(group_is_alive(leader) for leader in leaders), grace_seconds):
            return


def group_is_alive(leader: int) -> bool:
    """Whether a process of the group is running. Children of this process that ended are reaped first."""
    with suppress(ChildProcessError):
        while os.waitpid(-leader, os.WNOHANG) != (0, 0):
            pass
    if _PROC.is_dir():
        # a process that ended stays in the table until its parent, which may be another program, reaps it
        return any(fields[0] != "Z" and int(fields[2]) == leader for fields in map(_stat, _process_ids()) if fields)
    with suppress(ProcessLookupError):
        os.killpg(leader, 0)
        return True
    return False


def start_time(pid: int) -> str | None:
    """When a process started, in clock ticks since boot: with the id, this names one process. None if it ended."""
    fields = _stat(pid)
    return None if not fields or fields[0] == "Z" else fields[19]


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll a condition. Returns whether it held within that time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def free_port(wanted: int = 0) -> int:
    """A port of this machine that nobody listens on: the wanted one, or any for 0. Raises OSError when it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((LOOPBACK, wanted))
        return int(probe.getsockname()[1])


def answers(port: int, host: str = LOOPBACK) -> bool:
    """Whether somebody accepts connections on a port."""
    try:
        with socket.create_connection((host, port), timeout=2):
            return True
    except OSError:
        return False


def _process_ids() -> Iterator[int]:
    return (int(entry.name) for entry in _PROC.glob("[0-9]*"))


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the command name, from the state on. Empty for a process that is gone."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()
