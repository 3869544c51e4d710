"""Run Dagster on this machine only: code server, daemon and webserver, with their state in the home.

Usage: python -m orchestration.serve [--port 3000] [--viewer] [--prepare]
"""

from __future__ import annotations

import argparse
import ctypes
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from orchestration.project import dbt_project
from segmentry.config import Settings
from segmentry.files import write_text
from segmentry.processes import LOOPBACK, answers, end_groups, free_port, wait_until

_CONFIG = Path(__file__).with_name("dagster.yaml")
_POOLED_STORAGE = Path(__file__).with_name("pooled_storage.yaml")
_PR_SET_CHILD_SUBREAPER = 36
_GRACE_SECONDS = 30
_POLL_SECONDS = 0.5


def dagster_home(settings: Settings) -> Path:
    """DAGSTER_HOME of a home, with this project's dagster.yaml in it. Storage is pooled if the environment says so."""
    folder = settings.home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    config = _CONFIG.read_text(encoding="utf-8")
    if os.environ.get("SEGMENTRY_POOLED_STORAGE", "").lower() == "true":
        config += _POOLED_STORAGE.read_text(encoding="utf-8")
    write_text(folder / "dagster.yaml", config)
    return folder


def environment(settings: Settings, code_port: int) -> dict[str, str]:
    """The environment of Dagster's processes."""
    return os.environ | {
        "DAGSTER_HOME": str(dagster_home(settings)),
        "SEGMENTRY_HOME": str(settings.home),
        "SEGMENTRY_PROJECT_DIR": str(settings.project_dir),
        "SEGMENTRY_CODE_PORT": str(code_port),
        "DAGSTER_DISABLE_TELEMETRY": "true",
        "GX_ANALYTICS_ENABLED": "false",
        "OPENBLAS_NUM_THREADS": "1",
    }


def commands(port: int, code_port: int, *, viewer: bool) -> dict[str, list[str]]:
    """The commands to run, by name. A viewer is a read-only webserver without a daemon."""
    workspace = ["-w", "workspace.yaml"]
    code = [
        "-m",
        "dagster",
        "code-server",
        "start",
        "-m",
        "orchestration.definitions",
        "-h",
        LOOPBACK,
        "-p",
        str(code_port),
    ]
    web = ["-m", "dagster_webserver", "-h", LOOPBACK, "-p", str(port), *workspace]
    if viewer:
        return {"code server": code, "webserver": [*web, "--read-only"]}
    return {"code server": code, "daemon": ["-m", "dagster._daemon", "run", *workspace], "webserver": web}


def serve(settings: Settings, port: int, *, viewer: bool) -> int:
    """Run until a process ends or a signal arrives, then end all processes. Returns the exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    _adopt_orphans()
    code_port = free_port()
    env = environment(settings, code_port)
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, arguments in commands(port, code_port, viewer=viewer).items():
            # a session each: what it starts in turn (run workers, dbt) ends with it
            running[name] = subprocess.Popen(
                [sys.executable, *arguments], env=env, cwd=settings.project_dir, start_new_session=True
            )
            if name == "code server":
                _wait_for(code_port, running[name])
        print(f"Dagster is at http://{LOOPBACK}:{port}{' (read-only)' if viewer else ''}; Ctrl-C ends it", flush=True)
        while True:
            for name, process in running.items():
                if process.poll() is not None:
                    print(f"The {name} ended with code {process.returncode}; ending the others", file=sys.stderr)
                    return 1
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        return 0
    finally:
        _end(list(running.values()))


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    """End what starts work first and the code server last: runs under way, and their dbt, end with it."""
    for process in reversed(processes):
        end_groups([process.pid], _GRACE_SECONDS)
        process.wait()


def _adopt_orphans() -> None:
    """Become the parent of processes whose own parent ended, to wait for them."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    wait_until(lambda: process.poll() is not None or answers(port), math.inf)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.serve", description=__doc__)
    parser.add_argument("--port", type=int, default=3000, help="port of the webserver (3000)")
    parser.add_argument("--viewer", action="store_true", help="a read-only webserver, without a daemon")
    parser.add_argument("--prepare", action="store_true", help="write dagster.yaml and dbt's manifest, and end")
    arguments = parser.parse_args()
    settings = Settings.load()
    dbt_project(settings)
    if arguments.prepare:
        print(dagster_home(settings))
        return 0
    return serve(settings, arguments.port, viewer=arguments.viewer)


if __name__ == "__main__":
    sys.exit(main())
