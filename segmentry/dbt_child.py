"""Runs dbt as a child process that ends when its parent does, even when the parent is killed.

Usage: python -P dbt_child.py PARENT_PID DBT_ARGUMENT... (-P: the modules beside this file are not top-level ones)
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent, then hand over to dbt. Exits with dbt's code."""
    parent, arguments = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the parent ended before dbt started")
    from dbt.cli.main import cli  # noqa: PLC0415 (slow import, only wanted in the child)

    cli(args=arguments)


if __name__ == "__main__":
    main()
