"""Runs dbt's unit tests, against the relations of the demo warehouse (dbt reads their column types)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.integration


def test_every_dbt_unit_test_passes(demo_home: Path, tmp_path: Path) -> None:
    # a file of its own, whose views are made anew: those of a copied home read the files of the first one
    shutil.copytree(demo_home, tmp_path / "home", symlinks=True)
    dbt_run(tmp_path, "run", "--select", "config.materialized:view")
    dbt_run(tmp_path, "test", "--select", "test_type:unit")
    ran = json.loads((tmp_path / "run_results.json").read_text(encoding="utf-8"))["results"]
    assert len(ran) > 50


def dbt_run(folder: Path, *arguments: str) -> None:
    environment = os.environ | {
        "SEGMENTRY_HOME": str(folder / "home"),
        "DBT_TARGET_PATH": str(folder),
        "DBT_LOG_PATH": str(folder),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    dbt = str(Path(sys.executable).with_name("dbt"))
    command = [dbt, "--no-use-colors", *arguments]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-8000:]
