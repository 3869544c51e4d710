"""SIGKILL of a process that runs the assets of models and publish: marts stay what they were, the next run converges.

A dbt project of three marts stands for the real one; assets, builds and publishes are those of every run.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import toy

from segmentry.config import Settings
from segmentry.home.lock import writer_lock
from segmentry.publishing import current_generation, generations
from segmentry.warehouse import read_record

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="dbt ends with a killed parent on Linux"),
]

TESTS = Path(toy.__file__).parent
ROOT = TESTS.parents[1]
FOREVER = 10**13

PROJECT = """
name: toy
version: "1.0"
profile: segmentry
vars: {reporting_timezone: UTC, as_of_date: null, known_at: null}
models: {toy: {+materialized: table, core: {+schema: core}, kpis: {+schema: kpis}}}
"""
SCHEMA_NAME = "{% macro generate_schema_name(schema, node) %}{{ schema or 'main' }}{% endmacro %}"
MARK = "{{ env_var('TOY_MARK') }} as mark"
MODELS = {
    "core/dim_customers": f"select 'c' || i as customer_id, {MARK}, 1.5::decimal(18, 2) as spend from range(1000) t(i)",
    "core/fct_customer_days": "select customer_id, date '2026-01-31' as activity_date, mark"
    " from {{ ref('dim_customers') }}",
    "kpis/kpi_active_customers": f"select date '2026-01-31' as as_of_date, {MARK}, count(*)::bigint as active_customers"
    " from {{ ref('fct_customer_days') }}, range({{ env_var('TOY_WORK') }}) as work(i) where i % 7 = 0",
}

# builds or publishes as a run of Dagster does, in a process of its own
WORKER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import dagster as dg
from dagster_dbt import DbtProject
from orchestration.defs.dbt import build_models, event_days
from orchestration.defs.publish import build_publish
from orchestration.defs.resources import Home
from segmentry.dbt.manifest import read_manifest
from segmentry.warehouse import read_record
from segmentry.quality.results import Result, save

home, project, what = sys.argv[1:]
resource = Home(home=home, project_dir=project)
dbt = DbtProject(Path(project), target_path=resource.settings.runs / "target")
models = build_models(dbt, read_manifest(dbt.manifest_path.parent), event_days(resource.settings, "2026-01-01"))
if what == "publish":
    # the suites of the marts found nothing
    build = read_record(resource.settings).dbt_invocation_id
    save(resource.settings, Result(run_id="r", scope="marts", at=datetime(2026, 2, 1), build_id=build, suites=[]))
asset = {"build": models, "publish": build_publish(models)}[what]
result = dg.materialize([asset], resources={"home": resource}, raise_on_error=False)
sys.exit(not result.success)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home whose marts were built and published with mark 1."""
    where = toy.settings(tmp_path_factory.mktemp("killed") / "home")
    project = where.project_dir
    (project / "macros").mkdir()
    (project / "macros" / "generate_schema_name.sql").write_text(SCHEMA_NAME)
    (project / "dbt_project.yml").write_text(PROJECT)
    shutil.copy(ROOT / "profiles.yml", project)
    for name, sql in MODELS.items():
        path = project / "models" / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sql)
        columns = toy.CONTRACTS[name.replace("/", ".")]
        described = [f"      - {{name: {c}, data_type: '{t}', description: The {c}.}}" for c, t in columns.items()]
        path.with_suffix(".yml").write_text(
            f"models:\n  - name: {path.stem}\n    description: One row per thing.\n"
            "    config: {contract: {enforced: true}}\n    columns:\n" + "\n".join(described) + "\n"
        )
    parse = [sys.executable, "-P", "-c", "from dbt.cli.main import cli; cli()", "parse", "--quiet"]
    parse += ["--target-path", str(where.runs / "target"), "--vars", '{"preset": "feeds"}']
    subprocess.run(parse, cwd=project, env=environment(where, 1), check=True)
    assert start(where, "build", mark=1).wait() == 0
    assert start(where, "publish", mark=1).wait() == 0
    assert toy.marks(where.published / "marts.duckdb") == {1}
    return where


def environment(where: Settings, mark: int, work: int = 7) -> dict[str, str]:
    settings = {"SEGMENTRY_HOME": str(where.home), "TOY_MARK": str(mark), "TOY_WORK": str(work)}
    return os.environ | settings | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}


def start(where: Settings, what: str, *, mark: int, work: int = 7) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(where.home), str(where.project_dir), what],
        cwd=ROOT,
        env=environment(where, mark, work),
    )


def kill_when(worker: subprocess.Popen[bytes], is_so: Callable[[], bool]) -> None:
    while worker.poll() is None and not is_so():
        time.sleep(0.002)
    worker.send_signal(signal.SIGKILL)
    assert worker.wait() == -signal.SIGKILL


def test_killed_in_the_build_dbt_ends_nothing_is_published_and_the_next_run_converges(home: Settings) -> None:
    log = home.runs / "logs" / "dbt.log"
    log.unlink()
    begun = "START sql table model kpis.kpi_active_customers"
    kill_when(
        start(home, "build", mark=2, work=FOREVER), lambda: log.is_file() and begun in log.read_text(errors="ignore")
    )
    with writer_lock(home.home, "after the kill", "look", 60):  # dbt held it as well, and is gone
        record = read_record(home)
    assert record is not None and record.status == "building"
    assert start(home, "publish", mark=2).wait() != 0
    assert toy.marks(home.published / "marts.duckdb") == {1}

    assert start(home, "build", mark=2).wait() == 0
    assert start(home, "publish", mark=2).wait() == 0
    assert toy.marks(home.published / "marts.duckdb") == {2}


@pytest.mark.parametrize(
    "point", ["marts.duckdb", "parquet/kpis", "audited"], ids=["writing the file", "writing parquet", "in place"]
)
def test_killed_in_the_publish_one_whole_generation_stays_and_the_next_run_converges(
    home: Settings, point: str
) -> None:
    before = current_generation(home.published)
    assert before is not None
    (mark,) = toy.marks(home.published / "marts.duckdb")
    assert start(home, "build", mark=mark + 1).wait() == 0
    made = home.published / "generations"

    def is_there() -> bool:
        if point == "audited":
            return any(int(path.name) > before.number for path in made.glob("[0-9]*"))
        return (made / ".making" / point).exists()

    kill_when(start(home, "publish", mark=mark + 1), is_there)
    (seen,) = toy.marks(home.published / "marts.duckdb")  # one mark: no two generations in one file
    assert seen in ({mark, mark + 1} if point == "audited" else {mark})

    assert start(home, "publish", mark=mark + 1).wait() == 0
    assert toy.marks(home.published / "marts.duckdb") == {mark + 1}
    now = current_generation(home.published)
    assert now == generations(home.published)[-1] and now is not None and now.number > before.number
    assert not [path for path in home.published.rglob("*") if path.name.startswith(".") or path.suffix == ".wal"]
