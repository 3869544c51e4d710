"""The same project on Spark, row for row: a cluster on loopback builds what DuckDB builds from the same raw files."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from segmentry.comparison import compare
from segmentry.config import Settings, new_run_id, resolve_vars
from segmentry.contracts import load_contracts
from segmentry.demo.generator import generate
from segmentry.landing import land
from segmentry.spark.cluster import Cluster, Options, down, java_version, status, tasks_by_executor, up
from segmentry.warehouse import BuildRequest, build
from segmentry.warehouse.engines import engine_of

# Statements over few rows cost what planning and compiling them costs: less of both. (Code that is interpreted knows no
# filter that comes from the other side of a join.) The zone is far from UTC, which sessions ask for by themselves.
_JVM = (
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m -Dderby.system.durability=test"
    " -Duser.timezone=Asia/Tokyo"
)
_QUICK = {
    "spark.driver.defaultJavaOptions": _JVM,
    "spark.executor.defaultJavaOptions": _JVM,
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.optimizer.dynamicPartitionPruning.enabled": "false",
}
# Data tests look at rows that are compared one by one here.
_NO_TESTS = ("--exclude-resource-type", "test", "unit_test")
EVERYTHING = ("resource_type:model", "resource_type:seed", *_NO_TESTS)
INCREMENTAL = ("+config.materialized:incremental", *_NO_TESTS)
LATE_FILES = ("events/events-2025-12.parquet", "events/events-2025-06.parquet")

pytestmark = [
    pytest.mark.integration,
    pytest.mark.spark,
    pytest.mark.skipif(
        java_version() is None and not os.environ.get("SEGMENTRY_REQUIRE_SPARK"),
        reason="no Java on this machine (Debian: apt-get install default-jre-headless)",
    ),
]


@dataclass(frozen=True)
class Company:
    """A home whose raw files both engines build."""

    settings: Settings
    cluster: Cluster

    def land(self) -> None:
        landed = land(
            self.settings.home, load_contracts(self.settings.project_dir / "contracts"), now=datetime.now(UTC)
        )
        assert {file.status for file in landed} <= {"landed", "unchanged"}

    def build(self, target: str, select: tuple[str, ...] = EVERYTHING) -> None:
        variables = resolve_vars(self.settings.project_dir)
        record = build(self.settings, BuildRequest(new_run_id(), variables, select=select, target=target))
        assert record.status == "partial"
        assert not record.full_refresh

    def differences(self) -> dict[str, object]:
        spark = self.settings.warehouse(target="spark")
        engine_of(self.settings.home, "spark").fetch_marts(spark, self.settings.runs / "target_spark")
        results = compare(self.settings.warehouse(), spark)
        assert len(results) > 90
        assert sum(result.rows_a for result in results) > 10_000
        return {result.name: (result.problem, result.examples) for result in results if not result.is_equal}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    settings = Settings.load(home=tmp_path_factory.mktemp("spark") / "home")
    generate(settings.home / "inbox", settings.home / "truth", scale=0.01)
    cluster = up(settings.home, Options(thrift_port=0, driver_mb=2048, properties=_QUICK))
    try:
        yield Company(settings, cluster)
    finally:
        down(settings.home)


def test_every_mart_on_spark_equals_duckdb(company: Company) -> None:
    """Spark gets two months of events later than the rest, one of them between others; DuckDB all at once."""
    inbox, aside = (company.settings.home / name for name in ("inbox", "aside"))
    for name in LATE_FILES:
        (aside / name).parent.mkdir(parents=True, exist_ok=True)
        (inbox / name).rename(aside / name)
    company.land()
    company.build("spark", INCREMENTAL)
    for name in LATE_FILES:
        (aside / name).rename(inbox / name)
    company.land()
    company.build("spark")
    running = status(company.settings.home)
    assert running is not None
    tasks = tasks_by_executor(running)
    assert tasks.pop("driver") == 0  # executors did the work
    assert len(tasks) == 2
    assert all(count > 100 for count in tasks.values()), tasks
    company.build("duckdb")
    assert company.differences() == {}


def test_nothing_is_left_running(company: Company) -> None:
    assert "thrift-server" in down(company.settings.home)
    groups = {daemon.pid for daemon in company.cluster.daemons}
    listed = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    alive = {int(line.split()[0]) for line in listed.splitlines() if "Z" not in line.split()[1]}
    assert not groups & alive
    assert not (company.settings.home / "spark" / "cluster.json").exists()
    assert not (company.settings.home / "spark" / "work").exists()
