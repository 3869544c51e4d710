"""Runs dbt over a home in a process of its own. Full parses of the project take dbt longest, so homes share one.

dbt parses anew when the path of the warehouse or a var differs. Neither changes what the project is: dbt tracks the
environment variable in the locations of the sources by itself, and a replay's two vars only choose rows. As a program,
this file is dbt without those two reasons.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
REPLAY = {"as_of_date", "known_at"}
STATE = "partial_parse.msgpack"


def run_dbt(
    home: Path, *arguments: str, target: Path, parsed: Path | None = None, variables: Mapping[str, Any] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run dbt, from what is already parsed in `target`, or else in `parsed`."""
    (home / "warehouse").mkdir(parents=True, exist_ok=True)
    target.mkdir(parents=True, exist_ok=True)
    if parsed and not (target / STATE).exists():
        shutil.copy(parsed / STATE, target)
    environment = os.environ | {
        "SEGMENTRY_HOME": str(home),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    command = [sys.executable, __file__, "--no-use-colors", *arguments, "--vars", json.dumps(variables or {})]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-8000:] + result.stderr[-2000:]
    return result


def main() -> None:
    """Run dbt. A parse is used again for any home, and for any replay."""
    # slow imports, only wanted in this process
    from dbt.artifacts.resources import FileHash  # noqa: PLC0415
    from dbt.cli.main import cli  # noqa: PLC0415
    from dbt.parser.manifest import ManifestLoader  # noqa: PLC0415

    build_state = ManifestLoader.build_manifest_state_check

    def without_home_and_replay(self: ManifestLoader) -> Any:
        state, config = build_state(self), self.root_project
        kept = sorted((name, value) for name, value in config.cli_vars.items() if name not in REPLAY)
        names = config.credentials.database, config.credentials.schema
        state.vars_hash = FileHash.from_contents(f"{kept} {config.target_name}")
        state.profile_hash = FileHash.from_contents(f"{config.credentials.type} {names}")
        return state

    ManifestLoader.build_manifest_state_check = without_home_and_replay
    cli()


if __name__ == "__main__":
    main()
