"""Run dbt in a process of its own: commands in, events out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

from segmentry.files import write_text
from segmentry.processes import child
from segmentry.progress import Progress

Event = dict[str, Any]
"""An event of dbt: `info` and `data`."""

_CHILD = Path(__file__).with_name("child.py")
_GRACE_SECONDS = 10


@dataclass(frozen=True)
class Project:
    """Which project dbt reads, how, and where it writes. `target` is an output of profiles.yml."""

    folder: Path
    target_dir: Path
    logs: Path
    target: str
    variables: Mapping[str, Any]

    def command(self, name: str, *options: str) -> list[str]:
        """The arguments of a dbt command."""
        return [
            # the child reports what is shown, and dbt would write every debug event as JSON before dropping it
            *("--no-use-colors", "--log-level", "none", "--log-level-file", "info", "--log-path", str(self.logs)),
            *(name, "--project-dir", str(self.folder), "--profiles-dir", str(self.folder)),
            *("--target", self.target, "--target-path", str(self.target_dir)),
            *("--vars", json.dumps(dict(self.variables)), *options),
        ]


class DbtProcess:
    """A running dbt. Its commands share the parsed project."""

    def __init__(self, process: Popen[str], project: Project) -> None:
        """Made by `dbt_process`."""
        self._process = process
        self._project = project

    def run(self, name: str, *options: str, on_event: Callable[[Event], None]) -> bool:
        """Run a command to its end. Returns whether it succeeded; False also when the process was killed."""
        assert self._process.stdin is not None  # noqa: S101 (opened as a pipe)
        assert self._process.stdout is not None  # noqa: S101
        try:
            self._process.stdin.write(json.dumps(self._project.command(name, *options)) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return False
        for line in self._process.stdout:
            message = _message(line)
            if "success" in message:
                return bool(message["success"])
            on_event(message)
        return False


@contextmanager
def dbt_process(project: Project, environment: Mapping[str, str], lock_fd: int | None = None) -> Iterator[DbtProcess]:
    """Start dbt. It is gone when the block is left; it also keeps the file `lock_fd` open until then."""
    _forget_other_checkout(project)
    own = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "PYTHONUNBUFFERED": "1"}
    with child(
        [sys.executable, "-P", str(_CHILD), str(os.getpid())],
        cwd=project.folder,
        environment=os.environ | environment | own,
        grace_seconds=_GRACE_SECONDS,
        pass_fds=() if lock_fd is None else (lock_fd,),
    ) as process:
        yield DbtProcess(process, project)


def run_results(target_dir: Path) -> dict[str, Any]:
    """dbt's run_results.json, or an empty result when dbt ended before it wrote one."""
    path = target_dir / "run_results.json"
    if not path.is_file():
        return {"metadata": {}, "results": []}
    results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return results


def show_progress(event: Event, on_progress: Progress) -> None:
    """Report the model or test that an event is the result of. Other events are not progress."""
    data = event.get("data", {})
    total = data.get("total", data.get("num_models"))  # results of tests use the second name
    if total is not None and str(event.get("info", {}).get("name", "")).endswith("Result"):
        on_progress(data.get("node_info", {}).get("node_name", ""), data.get("index", 0), total)


def problem_of(event: Event) -> str:
    """The message of an error outside a model or test, such as a parse error; empty for other events."""
    is_error = event.get("info", {}).get("level") == "error" and not event.get("data", {}).get("node_info")
    return str(event["info"].get("msg", "")) if is_error else ""


def _message(line: str) -> Event:
    try:
        message = json.loads(line)
    except ValueError:
        message = None
    # what is no message was printed by a library
    return message if isinstance(message, dict) else {"info": {"level": "error", "msg": line.strip()}}


def _forget_other_checkout(project: Project) -> None:
    """Drop dbt's partial parse of a project in another folder: it keeps the full paths of seeds."""
    parsed_from = project.target_dir / "project"
    if not parsed_from.is_file() or parsed_from.read_text(encoding="utf-8") != str(project.folder):
        (project.target_dir / "partial_parse.msgpack").unlink(missing_ok=True)
        write_text(parsed_from, str(project.folder))
