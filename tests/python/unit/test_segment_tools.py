"""`segments new` and `segments list`."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
import yaml
from typer.testing import CliRunner

from segmentry.cli import app as commands
from segmentry.config import Settings
from segmentry.definitions.command import compile_definitions
from segmentry.definitions.model import FOLDER, read_definitions

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty project with this project's catalogue and KPIs."""
    root = tmp_path / "project"
    for name in ("models/marts/core", "models/marts/kpis"):
        shutil.copytree(ROOT / name, root / name)
    (root / FOLDER).mkdir(parents=True)
    (root / "dbt_project.yml").write_text((ROOT / "dbt_project.yml").read_text())
    return Settings.load(home=tmp_path / "home", project_dir=root, env={})


def run(settings: Settings, *words: str):
    arguments = ["--home", str(settings.home), "--project-dir", str(settings.project_dir), "segments", *words]
    result = CliRunner().invoke(commands, arguments)
    assert "Traceback" not in result.output
    return result


@pytest.mark.parametrize(("entity", "key"), [("customer", "customer_id"), ("account", "account_id")])
def test_a_new_dimension_lints_clean(settings: Settings, entity: str, key: str) -> None:
    made = run(settings, "new", "team_size", "--entity", entity)
    assert made.exit_code == 0, made.output
    assert f"{FOLDER}/segments/team_size.yml" in made.output
    (dimension,) = read_definitions(settings.project_dir).dimensions
    assert (dimension.model, dimension.name, dimension.entity) == ("seg_team_size", "team_size", entity)
    assert [segment.key for _, segment in dimension.segments] == ["high", "low"]
    linted = run(settings, "lint")
    assert linted.exit_code == 0, linted.output
    # one file and one command: the model and all that lists dimensions follow
    compile_definitions(settings.project_dir)
    folder = settings.project_dir / "models" / "marts" / "segments"
    model = yaml.safe_load((folder / "seg_team_size.yml").read_text())["models"][0]
    assert model["columns"][0]["name"] == key
    assert f"int_{entity}_segments" in (folder / "seg_team_size.sql").read_text()
    wide = settings.project_dir / "models" / "intermediate" / "segments" / f"int_{entity}_segments.sql"
    assert "as team_size" in wide.read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["new", "Team-Size"], "is no name of a dimension"),
        (["new", "team_size", "--entity", "robot"], "no entity 'robot'"),
        (["new"], "Missing argument"),
        (["diff"], "Missing argument"),
    ],
)
def test_wrong_usage_is_told(settings: Settings, words: list[str], said: str) -> None:
    result = run(settings, *words)
    assert result.exit_code == 2
    assert said in result.output


def test_a_dimension_is_not_written_over(settings: Settings) -> None:
    run(settings, "new", "team_size")
    path = settings.project_dir / FOLDER / "segments" / "team_size.yml"
    before = path.read_text()
    again = run(settings, "new", "team_size", "--entity", "account")
    assert again.exit_code == 2
    assert "there is a dimension team_size already" in again.output
    assert path.read_text() == before


def test_diff_without_a_build_says_what_to_do(settings: Settings) -> None:
    result = run(settings, "diff", "HEAD")
    assert result.exit_code == 4
    assert "segmentry build" in result.output


def test_list_shows_sizes_of_what_is_published(settings: Settings) -> None:
    run(settings, "new", "team_size")
    assert "growth@example.com" in run(settings, "list").output
    settings.published.mkdir(parents=True)
    with duckdb.connect(str(settings.published / "marts.duckdb")) as connection:
        connection.execute("create schema segments")
        connection.execute(
            "create table segments.segment_membership as"
            " select 'team_size' as dimension, 'high' as segment_key from range(1234)"
        )
    lines = run(settings, "list").output.splitlines()
    assert any("high" in line and " 1,234 " in line for line in lines)
    assert any("low" in line and " 0 " in line for line in lines)
