"""The process that runs dbt: one command after the other, with the project parsed once.

Usage: python -P child.py PARENT_PID (-P keeps the modules beside this file from being top-level ones)

Each line of the input is a JSON list with the arguments of a dbt command. Each line of the output is a JSON object: an
event of dbt that shows progress or a problem, or `{"success": ...}` at the end of a command. The process ends with its
input, and with its parent, even when that is killed. What `dbt parse` found serves the commands after it.
"""

import ctypes
import gc
import json
import os
import signal
import sys
import threading
from typing import Any

_PR_SET_PDEATHSIG = 1
_PROBLEMS = ("warn", "error")
_WRITING = threading.Lock()


def main() -> None:
    """Tie this process to its parent, then run the commands of the input."""
    parent = int(sys.argv[1])
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the parent ended before dbt started")
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 (slow)
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415

    runner = dbtRunner(callbacks=[_report])
    for line in sys.stdin:
        done = runner.invoke(json.loads(line))
        if done.exception:
            _write({"info": {"name": type(done.exception).__name__, "level": "error", "msg": str(done.exception)}})
        if isinstance(done.result, Manifest):
            runner.manifest = done.result
        _close_database()
        _write({"success": done.success})


def _report(event: Any) -> None:
    """Pass on what the parent shows. Debug events, which dbt would write as JSON too, outnumber these a hundredfold."""
    if event.info.name.endswith("Result") or event.info.level in _PROBLEMS:
        from dbt_common.events.functions import msg_to_dict  # noqa: PLC0415 (slow)

        _write(msg_to_dict(event))


def _close_database() -> None:
    """Let go of DuckDB's file. dbt keeps it open until its process ends, but fits read it between two commands."""
    connections = sys.modules.get("dbt.adapters.duckdb.connections")
    if connections:
        connections.DuckDBConnectionManager.close_all_connections()
        gc.collect()


def _write(message: dict[str, Any]) -> None:
    """One line for one message: dbt reports results from several threads, and a torn line is a lost result."""
    with _WRITING:
        print(json.dumps(message, default=str), flush=True)


if __name__ == "__main__":
    main()
