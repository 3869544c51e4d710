"""Runs dbt's unit tests, against the relations of the demo warehouse (dbt reads their column types)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.integration


def test_every_dbt_unit_test_passes(demo_home: Path, tmp_path: Path) -> None:
    environment = os.environ | {
        "SEGMENTRY_HOME": str(demo_home),
        "DBT_TARGET_PATH": str(tmp_path),
        "DBT_LOG_PATH": str(tmp_path),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    dbt = str(Path(sys.executable).with_name("dbt"))
    result = subprocess.run(
        [dbt, "--no-use-colors", "test", "--select", "test_type:unit"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout[-8000:]
    ran = json.loads((tmp_path / "run_results.json").read_text(encoding="utf-8"))["results"]
    assert len(ran) > 50
