"""Runs dbt's unit tests, against the relations of the demo warehouse (dbt reads their column types)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from dbt_process import run_dbt

pytestmark = pytest.mark.integration


def test_every_dbt_unit_test_passes(demo_home: Path, parsed: Path, tmp_path: Path) -> None:
    # a file of its own, whose views are made anew: those of a copied home read the files of the first one
    home = shutil.copytree(demo_home, tmp_path / "home", symlinks=True)
    run_dbt(home, "run", "--select", "config.materialized:view", target=tmp_path, parsed=parsed)
    run_dbt(home, "test", "--select", "test_type:unit", target=tmp_path)
    ran = json.loads((tmp_path / "run_results.json").read_text(encoding="utf-8"))["results"]
    assert len(ran) > 50
