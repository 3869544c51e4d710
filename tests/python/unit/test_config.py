"""Settings and vars: what is accepted, in which form it reaches dbt, and what is refused by name."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from segmentry.config import (
    Settings,
    find_project,
    new_run_id,
    parse_assignments,
    presets,
    project_vars,
    quarantine_limit,
    resolve_vars,
)
from segmentry.errors import UsageError

PROJECT = """
name: toy
vars:
  preset: feeds
  as_of_date: null
  known_at: null
  reporting_timezone: UTC
  reporting_currency: USD
  session_gap_minutes: 30
  merge: true
  gross_margin: "1.0"
  ratio: 0.5
  free_text: abc
  raw_schema: null
  some_list: [a, b]
  some_table: {a: 1}
  toy:
    scoped: 7
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "dbt_project.yml").write_text(PROJECT)
    preset = tmp_path / "contracts" / "shop" / "_preset.yml"
    preset.parent.mkdir(parents=True)
    preset.write_text("name: shop\nvars: {reporting_timezone: Europe/London, reporting_currency: GBP}\n")
    return tmp_path


def test_flags_come_before_environment_before_defaults(project: Path) -> None:
    env = {"SEGMENTRY_HOME": "/from/env", "SEGMENTRY_KEEP_GENERATIONS": "9"}
    assert Settings.load(project_dir=project, env={}).home == project / "data"
    assert Settings.load(project_dir=project, env=env).home == Path("/from/env")
    assert Settings.load(project_dir=project, env=env, home=Path("/flag")).home == Path("/flag")
    assert Settings.load(project_dir=project, env=env).keep_generations == 9
    assert Settings.load(project_dir=project, env=env, keep_generations=2).keep_generations == 2


def test_relative_paths_become_absolute(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    settings = Settings.load(home=Path("here"), env={})
    assert settings.home == project / "here"
    assert settings.project_dir == project


@pytest.mark.parametrize(
    ("name", "value"),
    [("KEEP_GENERATIONS", "0"), ("KEEP_GENERATIONS", "many"), ("MAX_QUARANTINED_SHARE", "1.5")],
)
def test_bad_settings_are_named(project: Path, name: str, value: str) -> None:
    with pytest.raises(UsageError) as caught:
        Settings.load(project_dir=project, env={f"SEGMENTRY_{name}": value})
    assert f"SEGMENTRY_{name}" in caught.value.remedy


def test_project_is_found_from_a_folder_inside_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = project / "models" / "marts"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    assert find_project() == project


def test_vars_scoped_by_project_name_count_too(project: Path) -> None:
    assert project_vars(project)["scoped"] == 7
    assert "toy" not in project_vars(project)


def test_presets_are_the_folders_with_a_preset_file(project: Path) -> None:
    assert list(presets(project)) == ["feeds", "shop"]


@pytest.mark.parametrize(
    ("name", "given", "resolved"),
    [
        ("reporting_timezone", "Europe/London", "Europe/London"),
        ("reporting_currency", "EUR", "EUR"),
        ("session_gap_minutes", "45", 45),
        ("merge", "False", False),
        ("gross_margin", "0.75", "0.75"),
        ("ratio", "0.25", 0.25),
        ("free_text", "weekly report", "weekly report"),
        ("raw_schema", "landing", "landing"),
        ("some_list", "x, y", ["x", "y"]),
        ("as_of_date", "2026-01-31", "2026-01-31"),
        ("known_at", "2026-01-31", "2026-01-31 00:00:00"),
        ("known_at", "2026-01-31T12:30:00+02:00", "2026-01-31 10:30:00"),
    ],
)
def test_accepted_values_take_the_type_of_the_default(project: Path, name: str, given: str, resolved: object) -> None:
    value = resolve_vars(project, overrides={name: given})[name]
    assert value == resolved
    assert type(value) is type(resolved)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("unknown", "1"),
        ("preset", "shop"),
        ("reporting_timezone", "Mars/Olympus"),
        ("reporting_timezone", "../../etc/passwd"),
        ("reporting_currency", "usd"),
        ("reporting_currency", "USD'; drop table x; --"),
        ("session_gap_minutes", "-1"),
        ("session_gap_minutes", "30.5"),
        ("session_gap_minutes", "99999999999"),
        ("session_gap_minutes", "\uff11\uff12"),
        ("merge", "maybe"),
        ("gross_margin", "nan"),
        ("ratio", "inf"),
        ("ratio", "1e400"),
        ("free_text", "{{ env_var('SECRET') }}"),
        ("free_text", "a'b"),
        ("free_text", "a;b"),
        ("free_text", "a\nb"),
        ("free_text", ""),
        ("raw_schema", "a.b"),
        ("some_list", "x, y'z"),
        ("some_table", "a"),
        ("as_of_date", "31.01.2026"),
        ("as_of_date", "2026-02-30"),
        ("known_at", "yesterday"),
    ],
)
def test_refused_values_name_the_var(project: Path, name: str, given: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve_vars(project, overrides={name: given})
    assert name in caught.value.message
    assert caught.value.remedy


def test_set_wins_over_preset_and_replay_dates_are_checked(project: Path) -> None:
    resolved = resolve_vars(project, "shop", {"reporting_currency": "EUR"}, as_of="2026-01-31")
    assert resolved == {
        "preset": "shop",
        "reporting_timezone": "Europe/London",
        "reporting_currency": "EUR",
        "as_of_date": "2026-01-31",
    }
    with pytest.raises(UsageError, match="as_of_date"):
        resolve_vars(project, as_of="soon")


def test_quarantine_limit_of_the_run_wins_over_the_preset_over_the_default(project: Path) -> None:
    preset = project / "contracts" / "shop" / "_preset.yml"
    preset.write_text(preset.read_text() + "max_quarantined_share: 0.3\n")
    plain = Settings.load(project_dir=project, env={})
    assert quarantine_limit(plain, "feeds") == 0.05
    assert quarantine_limit(plain, "shop") == 0.3
    strict = Settings.load(project_dir=project, env={"SEGMENTRY_MAX_QUARANTINED_SHARE": "0"})
    assert quarantine_limit(strict, "shop") == 0


def test_unknown_preset_lists_the_known(project: Path) -> None:
    with pytest.raises(UsageError) as caught:
        resolve_vars(project, "nope")
    assert "feeds, shop" in caught.value.remedy


def test_assignments() -> None:
    assert parse_assignments(["a=1", "b = x=y "]) == {"a": "1", "b": "x=y"}
    for wrong in ("a", "=1", "A=1", "a-b=1"):
        with pytest.raises(UsageError, match="NAME=VALUE"):
            parse_assignments([wrong])


def test_run_ids_differ_and_sort_by_time() -> None:
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert new_run_id(early) != new_run_id(early)
    assert new_run_id(early) < new_run_id(late)
