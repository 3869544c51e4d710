"""`segmentry build` with real dbt on a project of three models: green, failing, killed, replayed, locked."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
import pytest
import toy
from typer.testing import CliRunner

from segmentry.cli import app
from segmentry.config import Settings
from segmentry.home.lock import current_holder
from segmentry.publishing import read_ledger
from segmentry.warehouse import read_record

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]
FILES = {
    "dbt_project.yml": """
name: toy
profile: segmentry
vars: {preset: feeds, as_of_date: null, known_at: null, gap: 30, rows: 100, slow: 0, reporting_timezone: UTC}
models:
  toy:
    +materialized: table
    core: {+schema: core}
    kpis: {+schema: kpis, +contract: {enforced: true}}
""",
    "macros/generate_schema_name.sql": """
{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}
""",
    "models/core/dim_customers.sql": """
{{ config(materialized='incremental') }}
select 'c' || i as customer_id, {{ var('gap') }} as mark, '{{ var("reporting_timezone") }}' as zone
from range({{ var('rows') }}) as t(i)
{% if is_incremental() %} where i >= (select count(*) from {{ this }}) {% endif %}
""",
    "models/core/fct_customer_days.sql": """
{{ config(materialized='view') }}
select customer_id, mark from {{ ref('dim_customers') }}
""",
    "models/kpis/kpi_active_customers.sql": """
with slow as (select max(hash(i)) as h from range({{ var('slow') }}::bigint * 100000) as t(i))
select
    cast({{ "'" ~ var('as_of_date') ~ "'" if var('as_of_date') else "'2026-01-31'" }} as date) as as_of_date,
    {{ var('gap') }} as mark, count(*) as active_customers
from {{ ref('dim_customers') }}, slow
""",
    "models/kpis/kpis.yml": """
models:
  - name: kpi_active_customers
    description: One row in all.
    columns:
      - {name: as_of_date, data_type: date, description: The day.}
      - {name: mark, data_type: int, description: The gap.}
      - {name: active_customers, data_type: bigint, description: Customers.}
""",
    "seeds/zones.csv": "zone\nUTC\n",
    "tests/gap_is_not_unlucky.sql": "select * from {{ ref('kpi_active_customers') }} where mark = 13",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    shutil.copy(ROOT / "profiles.yml", folder / "profiles.yml")
    return folder


@pytest.fixture(scope="module")
def built(project: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, object]:
    """A home with one green, published build. Tests that change it work on a copy."""
    home = tmp_path_factory.mktemp("built")
    settings = Settings.load(home=home, project_dir=project, env={})
    toy.landed(settings, 1, "events", 100, 0)
    return settings, run(settings, "build", "--set", "gap=31", "--set", "reporting_timezone=Europe/London")


@pytest.fixture
def home(built, tmp_path: Path) -> Settings:
    settings, _ = built
    copied = tmp_path / "home"
    shutil.copytree(settings.home, copied, symlinks=True)
    record = read_record(settings).model_copy(
        update={"warehouse": copied / "warehouse" / "segmentry.duckdb", "target_dir": copied / "runs" / "target"}
    )
    (copied / "runs" / "last_build.json").write_text(record.model_dump_json())
    return settings.model_copy(update={"home": copied})


def arguments(settings: Settings, *command: str) -> list[str]:
    return ["--home", str(settings.home), "--project-dir", str(settings.project_dir), *command]


def run(settings: Settings, *command: str):
    return CliRunner().invoke(app, arguments(settings, *command))


def start(settings: Settings, *command: str) -> subprocess.Popen[str]:
    code = "from segmentry.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments(settings, *command)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]


def wait_for_slow_model(settings: Settings) -> None:
    """Until dbt runs the slow model, which it starts after the first model is done."""
    log = settings.runs / "logs" / "dbt.log"
    size = log.stat().st_size if log.exists() else 0
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if log.exists() and "kpi_active_customers" in log.read_text()[size:].rpartition("OK created")[2]:
            return
        time.sleep(0.1)
    raise AssertionError("dbt did not come to the slow model")


def test_green_build_is_published_with_its_vars(built) -> None:
    settings, result = built
    assert result.exit_code == 0, result.output
    marts = settings.published / "marts.duckdb"
    assert query(marts, "select count(*), min(mark), min(zone) from core.dim_customers") == [(100, 31, "Europe/London")]
    assert query(marts, "select count(*) from core.fct_customer_days") == [(100,)]
    assert str(marts) in result.output
    record = read_record(settings)
    assert (record.status, record.vars["gap"], record.preset) == ("green", 31, "feeds")
    (row,) = read_ledger(settings)
    assert (row.status, row.dbt_invocation_id, row.as_of_date) == (
        "published",
        record.dbt_invocation_id,
        date(2026, 1, 31),
    )
    assert (
        json.loads((settings.runs / "target" / "manifest.json").read_text())["metadata"]["send_anonymous_usage_stats"]
        is False
    )
    assert not (settings.project_dir / "target").exists()
    assert not (settings.project_dir / "logs").exists()


def test_failing_test_publishes_nothing_and_is_named(home: Settings) -> None:
    before = (home.published / "marts.duckdb").read_bytes()
    result = run(home, "build", "--set", "gap=13")
    assert result.exit_code == 4
    assert "gap_is_not_unlucky" in result.output
    assert "Traceback" not in result.output
    assert (home.published / "marts.duckdb").read_bytes() == before
    result = run(home, "publish")
    assert result.exit_code == 4
    assert "not green: failed" in result.output


def test_other_vars_make_incremental_tables_anew(home: Settings) -> None:
    result = run(home, "build", "--set", "gap=32")
    assert result.exit_code == 0, result.output
    assert "from scratch" in result.output
    marts = home.published / "marts.duckdb"
    assert query(marts, "select distinct mark from core.dim_customers") == [(32,)]
    assert read_ledger(home)[-1].generation == 2


def test_replay_leaves_marts_and_build_file_alone(home: Settings) -> None:
    untouched = [home.published / "marts.duckdb", home.warehouse()]
    before = [path.read_bytes() for path in untouched]
    result = run(home, "build", "--as-of", "2025-12-31", "--known-at", "2026-01-15")
    assert result.exit_code == 0, result.output
    assert [path.read_bytes() for path in untouched] == before
    replay = home.published / "replays" / "as-of-2025-12-31_known-at-2026-01-15" / "marts.duckdb"
    assert query(replay, "select as_of_date from kpis.kpi_active_customers") == [(date(2025, 12, 31),)]
    assert str(replay) in result.output
    assert read_ledger(home)[-1].status == "replayed"
    assert run(home, "publish").exit_code == 0


def test_project_that_does_not_parse_is_explained(home: Settings, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(home.project_dir, broken)
    (broken / "models" / "core" / "dim_customers.sql").write_text("select * from {{ ref('nowhere') }}")
    result = run(home.model_copy(update={"project_dir": broken}), "build")
    assert result.exit_code == 4
    assert "nowhere" in result.output
    assert "Traceback" not in result.output


def test_project_that_was_moved_is_read_where_it_is(project: Path, tmp_path: Path) -> None:
    """Each release in a folder of its own, one home: dbt's partial parse would look for the seeds of the last one."""
    shutil.copytree(project, tmp_path / "first")
    first = Settings.load(home=tmp_path / "home", project_dir=tmp_path / "first", env={})
    toy.landed(first, 1, "events", 100, 0)
    assert run(first, "build").exit_code == 0
    second = first.model_copy(update={"project_dir": (tmp_path / "first").rename(tmp_path / "second")})
    result = run(second, "build")
    assert result.exit_code == 0, result.output


def test_unreadable_build_file_is_set_aside_and_built_anew(home: Settings) -> None:
    home.warehouse().write_bytes(b"damaged" * 1000)
    result = run(home, "build", "--set", "gap=31", "--set", "reporting_timezone=Europe/London")
    assert result.exit_code == 0, result.output
    assert list(home.warehouse().parent.glob("set-aside-*.duckdb"))
    assert query(home.published / "marts.duckdb", "select count(*) from core.dim_customers") == [(100,)]


def test_killed_build_leaves_no_child_and_the_same_command_again_works(home: Settings) -> None:
    before = (home.published / "marts.duckdb").read_bytes()
    process = start(home, "build", "--set", "gap=33", "--set", "slow=999999999")
    wait_for_slow_model(home)
    second = run(home, "build")
    assert second.exit_code == 5
    assert current_holder(home.home).run_id in second.output
    (child,) = children(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{child}").exists()
    assert current_holder(home.home) is None
    assert (home.published / "marts.duckdb").read_bytes() == before
    assert run(home, "publish").exit_code == 4
    again = run(home, "build", "--set", "gap=33")
    assert again.exit_code == 0, again.output
    assert toy_marks(home) == {33}


def test_terminated_build_stops_dbt_and_frees_the_lock(home: Settings) -> None:
    process = start(home, "build", "--set", "gap=34", "--set", "slow=999999999")
    wait_for_slow_model(home)
    (child,) = children(process.pid)
    process.terminate()
    assert process.wait(30) == 128 + signal.SIGTERM
    assert not Path(f"/proc/{child}").exists()
    assert current_holder(home.home) is None
    assert toy_marks(home) == {31}


def test_build_file_held_open_by_another_program_is_explained(home: Settings) -> None:
    code = (
        f"import duckdb, time; c = duckdb.connect({str(home.warehouse())!r}, read_only=True)"
        "; print('open', flush=True); time.sleep(60)"
    )
    reader = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert reader.stdout.readline() == "open\n"
    try:
        result = run(home, "build")
    finally:
        os.kill(reader.pid, signal.SIGKILL)
        reader.wait()
    assert result.exit_code == 5
    assert "another program has the build file" in result.output.replace("\n", " ")


def toy_marks(home: Settings) -> set[int]:
    return toy.marks(home.published / "marts.duckdb")
