"""The same project on Spark, row for row: a cluster on loopback builds what DuckDB builds from the same raw files.

One story, told once because each build costs: a first build, then a day of new files during whose build a worker is
killed, then a replay of a past day; after each, all marts are compared with DuckDB's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from test_incremental_law import START, Company
from typer.testing import CliRunner, Result

from segmentry.cli import app
from segmentry.config import Settings
from segmentry.publishing import current_generation
from segmentry.spark.cluster import Cluster, Options, down, java_version, need_cluster, status, tasks_by_executor, up
from segmentry.spark.marts import connect

REPLAYED = f"{START + timedelta(days=30):%Y-%m-%d}"

pytestmark = [
    pytest.mark.integration,
    pytest.mark.spark,
    pytest.mark.skipif(
        java_version() is None and not os.environ.get("SEGMENTRY_REQUIRE_SPARK"),
        reason="no Java on this machine (Debian: apt-get install default-jre-headless)",
    ),
]


@dataclass(frozen=True)
class Warehouse:
    home: Path
    cluster: Cluster
    company: Company

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["--home", str(self.home), *arguments])

    def build(self, *arguments: str) -> None:
        result = self.run("build", *arguments)
        assert result.exit_code == 0, result.output

    def assert_equal(self, one: str = "duckdb", other: str = "spark") -> None:
        result = self.run("compare", one, other)
        assert result.exit_code == 0, result.output


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A cluster, and two thirds of a company's files landed and built on it."""
    home = tmp_path_factory.mktemp("spark") / "home"
    company = Company(21)
    company.drop(home, company.files[: len(company.files) * 2 // 3])
    cluster = up(home, Options(thrift_port=0, executor_mb=768, driver_mb=1280))
    try:
        built = Warehouse(home, cluster, company)
        built.build("--target", "spark")
        yield built
    finally:
        down(home)


def test_the_marts_are_published_from_spark(warehouse: Warehouse) -> None:
    generation = current_generation(warehouse.home / "published")
    assert generation is not None
    tables = {table.name: table.rows for table in generation.manifest().tables}
    assert tables["core.fct_customer_days"] > 100
    assert len(tables) > 35
    assert len(list((warehouse.home / "published" / "parquet").glob("*/*/part-0.parquet"))) == len(tables)


def test_a_new_day_is_added_although_a_worker_dies_and_equals_duckdb(warehouse: Warehouse) -> None:
    before = status(warehouse.home)
    assert before is not None
    tasks = tasks_by_executor(before)
    assert tasks.pop("driver") == 0
    assert all(count > 100 for count in tasks.values()), tasks
    assert len(tasks) == 2

    warehouse.company.drop(warehouse.home, warehouse.company.files)
    killed = threading.Event()
    thread = threading.Thread(target=_kill_a_worker_in_mid_build, args=(warehouse, killed))
    thread.start()
    result = warehouse.run("build", "--target", "spark")
    thread.join()
    assert killed.is_set(), result.output
    if result.exit_code:  # it may fail, but the same command again converges
        warehouse.build("--target", "spark")
    with connect(need_cluster(warehouse.home)) as cursor:
        cursor.execute("select count(*) from intermediate.int_events")
        assert cursor.fetchone() == (1200,)
    warehouse.build()
    warehouse.assert_equal()


def test_a_replay_equals_duckdb(warehouse: Warehouse) -> None:
    settings = Settings.load(home=warehouse.home)
    for target in ("spark", "duckdb"):
        warehouse.build("--as-of", REPLAYED, "--target", target)
    warehouse.assert_equal(*(str(settings.warehouse(replay=True, target=target)) for target in ("duckdb", "spark")))


def test_nothing_is_left_running(warehouse: Warehouse) -> None:
    stopped = subprocess.run(
        [str(Path(sys.executable).with_name("segmentry")), "--home", str(warehouse.home), "spark", "down"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "thrift-server" in stopped.stdout
    groups = {daemon.pid for daemon in warehouse.cluster.daemons}
    assert not [stat for stat in Path("/proc").glob("[0-9]*/stat") if _group(stat) in groups]
    assert warehouse.run("build", "--target", "spark").exit_code == 2


def _kill_a_worker_in_mid_build(warehouse: Warehouse, killed: threading.Event) -> None:
    """Once executors have run some more tasks, kill -9 the first worker and its executor."""
    start = sum(tasks_by_executor(warehouse.cluster).values())
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        if sum(tasks_by_executor(warehouse.cluster).values()) > start + 50:
            (worker,) = (daemon for daemon in warehouse.cluster.daemons if daemon.name == "worker-1")
            os.killpg(worker.pid, signal.SIGKILL)
            killed.set()
            return
        time.sleep(0.5)


def _group(stat: Path) -> int:
    try:
        state, _, group, *_ = stat.read_text(errors="replace").rpartition(")")[2].split()
    except (OSError, ValueError):
        return -1
    return -1 if state == "Z" else int(group)
