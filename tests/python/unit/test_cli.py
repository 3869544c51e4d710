"""Every command through its own front door: output, exit codes, and no traceback for anybody."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import toy
from typer.testing import CliRunner

from segmentry import cli
from segmentry.cli import app as commands
from segmentry.config import Settings
from segmentry.errors import AuditFailedError, BuildFailedError, EnvironmentProblemError, InputRefusedError, LockedError
from segmentry.home.lock import writer_lock
from segmentry.publishing import publish, read_ledger
from segmentry.warehouse import read_record

ROOT = Path(__file__).resolve().parents[3]
COMMANDS = ["demo", "prepare", "land", "build", "publish", "rollback", "status", "doctor"]
RATES = "rate_date,currency,rate\n2026-01-01,EUR,1.1\n2026-01-02,EUR,{second}\n"

app_module = sys.modules["segmentry.cli.app"]


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """An empty home of the real project (its contracts, presets and vars)."""
    return Settings.load(home=tmp_path / "home", project_dir=ROOT, env={})


@pytest.fixture
def toy_home(tmp_path: Path) -> Settings:
    return toy.settings(tmp_path / "home")


@pytest.fixture
def built_by_hand(toy_home: Settings, monkeypatch):
    """Stand in for dbt: a build of landed data is a hand-made file. Gives back the requests."""
    toy.landed(toy_home, 1, "events", 100, 0)
    requests = []

    def fake(settings, request, listener):
        requests.append(request)
        record = toy.green_build(settings, len(requests))
        return record.model_copy(update={"run_id": request.run_id})

    monkeypatch.setattr(app_module, "run_build", fake)
    return requests


def run(settings: Settings, *words: object):
    arguments = ["--home", str(settings.home), "--project-dir", str(settings.project_dir), *map(str, words)]
    result = CliRunner().invoke(commands, arguments)
    assert "Traceback" not in result.output
    return result


def drop(settings: Settings, feed: str, name: str, text: str) -> None:
    path = settings.inbox / feed / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_help_lists_every_command_and_every_exit_code() -> None:
    text = CliRunner().invoke(commands, ["--help"]).output
    assert all(name in text for name in COMMANDS)
    codes = {error.exit_code for error in (InputRefusedError, BuildFailedError, LockedError, EnvironmentProblemError)}
    assert all(re.search(rf"\b{code} ", text) for code in {0, 1, 2, 130} | codes)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_teaches_by_example(command: str) -> None:
    result = CliRunner().invoke(commands, [command, "--help"])
    assert result.exit_code == 0
    assert "Example" in result.output
    assert "segmentry" in result.output


def test_version() -> None:
    assert CliRunner().invoke(commands, ["--version"]).output == "segmentry 0.2.0\n"


def test_the_script_calls_main() -> None:
    assert 'segmentry = "segmentry.cli:main"' in (ROOT / "pyproject.toml").read_text()
    code = "from segmentry.cli import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code, "--version"], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert result.stdout.startswith("segmentry ")
    assert cli.main.__doc__


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["build", "--set", "nope=1"], "no var 'nope'"),
        (["build", "--set", "session_gap_minutes"], "NAME=VALUE"),
        (["build", "--set", "reporting_timezone=Mars/Olympus"], "reporting_timezone"),
        (["build", "--as-of", "soon"], "as_of_date"),
        (["build", "--known-at", "2026-13-01"], "known_at"),
        (["build", "--preset", "nope"], "no preset 'nope'"),
        (["build", "--max-quarantined-share", "2"], "max-quarantined-share"),
        (["land", "--preset", "nope"], "no preset 'nope'"),
        (["land", "--feed", "nope"], "no feed 'nope'"),
        (["prepare", "nope"], "no preset 'nope'"),
        (["prepare", "ravenstack", "--from", "/not/there"], "not a folder"),
        (["rollback", "--to", "0"], "or equal to"),
        (["rollback"], "no older generation"),
        (["demo", "--scale", "0"], "or equal to"),
        (["build"], "nothing has been landed"),
        (["no-such-command"], "No such command"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what(home: Settings, words: list[str], said: str) -> None:
    result = run(home, *words)
    assert result.exit_code == 2
    assert said in result.output
    assert not home.warehouse().exists()


def test_land_takes_rows_in_and_shows_where_the_others_failed(home: Settings) -> None:
    drop(home, "fx_rates", "rates.csv", RATES.format(second="abc"))
    result = run(home, "land")
    assert result.exit_code == 0, result.output
    assert re.search(r"fx_rates +1 +0 +0 +2 +1 +1", result.output)
    assert re.search(r"not_a_number:rate +1 +rates\.csv row 2", result.output)
    drop(home, "fx_rates", "rates.csv", RATES.format(second="abc"))
    again = run(home, "land", "--feed", "fx_rates")
    assert re.search(r"fx_rates +1 +1 +0 ", again.output)


def test_land_of_a_changed_file_ends_with_3_and_names_it(home: Settings) -> None:
    drop(home, "fx_rates", "rates.csv", RATES.format(second="1.2"))
    run(home, "land")
    drop(home, "fx_rates", "rates.csv", RATES.format(second="1.3"))
    drop(home, "fx_rates", "more.csv", RATES.format(second="1.4"))
    result = run(home, "land")
    assert result.exit_code == 3
    assert "fx_rates/rates.csv was refused" in result.output
    assert "What to do:" in result.output
    state = json.loads(run(home, "status", "--json").stdout)
    assert (state["feeds"][0]["files"], state["feeds"][0]["refused"]) == (2, 1)


def test_land_of_an_empty_inbox_is_no_error(home: Settings) -> None:
    result = run(home, "land")
    assert result.exit_code == 0
    assert "inbox is empty" in result.output


def test_prepare_brings_a_preset_to_the_inbox(home: Settings, tmp_path: Path) -> None:
    source = tmp_path / "download"
    source.mkdir()
    result = run(home, "prepare", "ravenstack", "--from", source)
    assert result.exit_code == 2
    for table in ("accounts", "subscriptions", "feature_usage", "support_tickets", "churn_events"):
        (source / f"ravenstack_{table}.csv").write_text("a\n1\n")
        (source / f"{table}.csv").write_text("a\n1\n")
    result = run(home, "prepare", "ravenstack", "--from", source)
    assert result.exit_code == 0, result.output
    assert "segmentry land --preset ravenstack" in result.output
    assert len(list(home.inbox.glob("ravenstack__*/*.csv"))) == 5


def test_build_publishes_and_hands_vars_on(toy_home: Settings, built_by_hand) -> None:
    result = run(toy_home, "build", "--full-refresh", "--max-quarantined-share", "0.5")
    assert result.exit_code == 0, result.output
    (request,) = built_by_hand
    assert (request.variables, request.full_refresh, request.replay) == ({"preset": "feeds"}, True, False)
    assert request.lock_fd > 2
    assert "generation 1" in result.output
    assert str(toy_home.published / "marts.duckdb") in result.output
    assert toy.marks(toy_home.published / "marts.duckdb") == {1}


def test_replay_goes_to_a_place_of_its_own(toy_home: Settings, built_by_hand) -> None:
    result = run(toy_home, "build", "--known-at", "2026-02-15T10:00:00Z")
    assert result.exit_code == 0, result.output
    assert built_by_hand[0].replay is True
    assert built_by_hand[0].variables["known_at"] == "2026-02-15 10:00:00"
    assert (toy_home.published / "replays" / "known-at-2026-02-15T100000" / "marts.duckdb").is_file()
    assert not (toy_home.published / "marts.duckdb").exists()


def test_a_home_keeps_its_preset_unless_told(toy_home: Settings, built_by_hand) -> None:
    toy.green_build(toy_home)
    record = read_record(toy_home).model_copy(update={"preset": "shop"})
    (toy_home.runs / "last_build.json").write_text(record.model_dump_json())
    (toy_home.project_dir / "contracts" / "shop").mkdir(parents=True)
    (toy_home.project_dir / "contracts" / "shop" / "_preset.yml").write_text("name: shop\n")
    result = run(toy_home, "build")
    assert "Using preset shop" in result.output
    run(toy_home, "build", "--preset", "feeds")
    assert [request.preset for request in built_by_hand] == ["shop", "feeds"]


def test_failed_build_and_failed_audit_end_with_4_and_publish_nothing(toy_home: Settings, monkeypatch) -> None:
    def failing(*_: object, **__: object) -> None:
        raise BuildFailedError("model x failed", "look there")

    monkeypatch.setattr(app_module, "run_build", failing)
    toy.landed(toy_home, 1, "events", 100, 0)
    result = run(toy_home, "build")
    assert result.exit_code == 4
    assert "model x failed" in result.output
    assert "look there" in result.output

    def refusing(*_: object, **__: object) -> None:
        raise AuditFailedError("row_counts", "core.x differs")

    toy.green_build(toy_home)
    monkeypatch.setattr(app_module, "run_publish", refusing)
    result = run(toy_home, "publish")
    assert result.exit_code == 4
    assert "audit check 'row_counts' failed: core.x differs" in result.output


def test_publish_accepts_a_share_that_the_gate_refused(toy_home: Settings) -> None:
    toy.landed(toy_home, 1, "events", 100, 20)
    toy.green_build(toy_home)
    refused = run(toy_home, "publish")
    assert refused.exit_code == 4
    assert "events: 20 of 100 records" in refused.output
    assert run(toy_home, "publish", "--max-quarantined-share", "0.2").exit_code == 0
    assert [row.status for row in read_ledger(toy_home)] == ["refused", "published"]


def test_rollback_says_which_generation_is_in_place(toy_home: Settings) -> None:
    for mark in (1, 2, 3):
        publish(toy_home, toy.green_build(toy_home, mark), f"run-{mark}")
    assert "Generation 2 " in run(toy_home, "rollback").output
    assert "Generation 1 " in run(toy_home, "rollback", "--to", 1).output
    assert toy.marks(toy_home.published / "marts.duckdb") == {1}


def test_status_for_people_and_for_programs(toy_home: Settings) -> None:
    toy.landed(toy_home, 1, "events", 100, 2)
    publish(toy_home, toy.green_build(toy_home, 1), "the-publish")
    text = run(toy_home, "status").output
    assert re.search(r"events +1 +0 +0 +100 +0 +0 +2 +98", text)
    assert "generation 1 (kept: 1)" in text
    assert "run-1" in text
    state = json.loads(run(toy_home, "status", "--json").stdout)
    assert (state["generation"], state["publishes"][0]["run_id"], state["holder"]) == (1, "the-publish", None)


def test_doctor_ends_with_6_when_something_is_missing(toy_home: Settings, monkeypatch) -> None:
    fine = run(toy_home, "doctor")
    assert fine.exit_code == 0, fine.output
    assert "duckdb" in fine.output
    monkeypatch.setattr("segmentry.home.doctor.MIN_FREE_BYTES", 1 << 80)
    result = run(toy_home, "doctor")
    assert result.exit_code == 6
    assert "disk" in result.output
    assert "What to do:" in result.output


@pytest.mark.parametrize("words", [["land"], ["build"], ["publish"], ["rollback"], ["demo"]])
def test_every_writer_is_refused_while_another_writes(toy_home: Settings, monkeypatch, words: list[str]) -> None:
    monkeypatch.setattr("segmentry.home.lock.WAIT_SECONDS", 0.2)
    toy.landed(toy_home, 1, "events", 100, 0)
    if words == ["demo"]:
        (toy_home.raw / "_ledger" / "00000001.parquet").unlink()
    with writer_lock(toy_home.home, "run-of-the-other", "segmentry build"):
        result = run(toy_home, *words)
    assert result.exit_code == 5
    assert "run-of-the-other" in result.output


def test_demo_makes_lands_builds_publishes_and_tells_where(home: Settings, built_by_hand, monkeypatch) -> None:
    made = []

    def generate(inbox, truth, *, scale, seed, on_progress):
        made.append((truth, scale, seed))
        on_progress("fx_rates", 1, 1)
        drop(home, "fx_rates", "rates.csv", RATES.format(second="1.2"))

    monkeypatch.setattr(app_module, "generate", generate)
    (home.raw / "_ledger" / "00000001.parquet").unlink()
    result = run(home, "demo", "--scale", "0.05", "--seed", "3")
    assert result.exit_code == 0, result.output
    assert made == [(home.home / "truth", 0.05, 3)]
    assert re.search(r"fx_rates +1 +0 +0 +2 +2 +0", result.output)
    assert re.search(r"Customers +1,000 +core\.dim_customers", result.output)
    assert str(home.published / "marts.duckdb") in result.output
    other = run(home, "demo", "--scale", "0.1", "--seed", "3")
    assert other.exit_code == 2
    assert "another demo company" in other.output
    assert run(home, "demo", "--scale", "0.05", "--seed", "3").exit_code == 0


def test_demo_does_not_mix_with_real_data(home: Settings) -> None:
    drop(home, "fx_rates", "rates.csv", RATES.format(second="1.2"))
    run(home, "land")
    result = run(home, "demo")
    assert result.exit_code == 2
    assert "--home" in result.output


def test_internal_errors_go_to_a_file_not_to_the_screen(toy_home: Settings, monkeypatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret value")

    monkeypatch.setattr(app_module, "read_status", broken)
    result = run(toy_home, "status")
    assert result.exit_code == 1
    assert "internal error: ZeroDivisionError" in result.output
    assert "secret value" not in result.output
    (kept,) = (toy_home.runs / "errors").iterdir()
    assert "secret value" in kept.read_text()


def test_interrupt_says_that_nothing_was_harmed(toy_home: Settings, monkeypatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(app_module, "read_status", interrupted)
    result = run(toy_home, "status")
    assert result.exit_code == 130
    assert "unchanged" in result.output


def test_environment_names_the_home(tmp_path: Path) -> None:
    settings = toy.settings(tmp_path / "from-env")
    environment = {"SEGMENTRY_HOME": str(settings.home), "SEGMENTRY_PROJECT_DIR": str(settings.project_dir)}
    result = CliRunner().invoke(commands, ["status", "--json"], env=environment)
    assert json.loads(result.stdout)["home"] == str(settings.home)
