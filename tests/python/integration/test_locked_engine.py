"""A model sees the files of the home and nothing else, and cannot give itself more rights."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ATTACKS = {
    "reads_a_file": "select * from read_csv('{outside}/secret.csv')",
    "attaches": "attach '{outside}/other.duckdb' as other",
    "copies_out": "copy (select 1 as one) to '{outside}/loot.csv'",
    "installs": "install httpfs",
    "unlocks": "set enable_external_access = true",
}

pytestmark = pytest.mark.integration


def test_a_model_cannot_leave_the_home(tmp_path: Path) -> None:
    project, outside, home = tmp_path / "project", tmp_path / "outside", tmp_path / "home"
    outside.mkdir()
    (outside / "secret.csv").write_text("id\ncanary\n")
    (home / "warehouse").mkdir(parents=True)
    (project / "models").mkdir(parents=True)
    for name in ("dbt_project.yml", "profiles.yml", "macros"):
        source = ROOT / name
        shutil.copytree(source, project / name) if source.is_dir() else shutil.copyfile(source, project / name)
    for name, attack in ATTACKS.items():  # as hooks: inside a CREATE TABLE most of them would not even parse
        hook = f'{{{{ config(pre_hook="{attack.format(outside=outside)}") }}}}'
        (project / "models" / f"{name}.sql").write_text(f"{hook}\nselect 1 as one\n")
    (project / "models" / "harmless.sql").write_text("select 1 as one\n")
    environment = os.environ | {
        "SEGMENTRY_HOME": str(home),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
    }
    dbt = str(Path(sys.executable).with_name("dbt"))
    result = subprocess.run(
        [dbt, "--no-use-colors", "run", "--select", "path:models"],
        cwd=project, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 1, result.stdout
    assert f"PASS=5 WARN=0 ERROR={len(ATTACKS)}" in result.stdout, result.stdout  # four hooks and the harmless model
    assert result.stdout.count("disabled by configuration") == len(ATTACKS) - 1, result.stdout
    assert "the configuration has been locked" in result.stdout, result.stdout
    assert not (outside / "loot.csv").exists()
