"""The local Spark cluster where it cannot start: what is missing is said, and nothing is left running."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest
import yaml
from pyhive import exc, hive
from typer.testing import CliRunner

from segmentry.cli import app
from segmentry.config import Settings
from segmentry.dbt.process import Project
from segmentry.errors import EnvironmentProblemError, UsageError
from segmentry.processes import LOOPBACK
from segmentry.spark import cluster
from segmentry.spark.cluster import Daemon, Options
from segmentry.spark.marts import connect
from segmentry.warehouse import BuildRequest, building
from segmentry.warehouse.engines import Spark

ROOT = Path(__file__).parents[3]


@pytest.fixture
def _with_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "java_version", lambda: 17)


def test_no_java_names_the_package_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentProblemError, match="no Java") as caught:
        cluster.up(tmp_path / "home", Options())
    assert "openjdk-17-jre-headless" in caught.value.remedy
    assert not (tmp_path / "home" / "spark").exists()


def test_an_old_java_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(EnvironmentProblemError, match="found Java 11"):
        cluster.up(tmp_path / "home", Options())


@pytest.mark.usefixtures("_with_java")
def test_too_little_memory_says_how_to_need_less(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblemError, match="may take") as caught:
        cluster.up(tmp_path, Options(driver_mb=10_000_000))
    assert "--driver-mb" in caught.value.remedy


@pytest.mark.usefixtures("_with_java")
def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(EnvironmentProblemError, match=str(port)):
            cluster.up(tmp_path, Options(thrift_port=port))
    assert cluster.down(tmp_path) == []


@pytest.mark.usefixtures("_with_java")
def test_a_daemon_that_ends_at_once_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "spark_home" / "bin" / "spark-class"
    broken.parent.mkdir(parents=True)
    broken.write_text("#!/bin/sh\necho 'Error: no such class' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(cluster, "_spark_home", lambda: broken.parents[1])
    with pytest.raises(EnvironmentProblemError, match="master ended while starting: Error: no such class"):
        cluster.up(tmp_path / "home", Options(thrift_port=0))
    assert not (tmp_path / "home" / "spark" / "cluster.json").exists()


def test_the_default_size_stays_below_six_gigabytes() -> None:
    assert Options().total_mb <= 6 * 1024


def test_properties_win_over_those_of_the_laptop(tmp_path: Path) -> None:
    options = Options(properties={"spark.sql.shuffle.partitions": "7", "spark.eventLog.enabled": "true"})
    lines = cluster._defaults(tmp_path, options, 4040).splitlines()
    assert [line for line in lines if line.startswith("spark.sql.shuffle")] == ["spark.sql.shuffle.partitions 7"]
    assert "spark.eventLog.enabled true" in lines


@pytest.mark.parametrize("pair", ["spark.sql.shuffle.partitions", "spark.x=", "shuffle=7", "spark.a=1\nspark.b=2"])
def test_what_is_no_property_is_refused(pair: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--home", str(tmp_path), "spark", "up", "--conf", pair])
    assert result.exit_code == 2
    assert "NAME=VALUE" in result.output


def test_down_leaves_a_process_alone_that_only_has_the_same_number(tmp_path: Path) -> None:
    other = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        known = cluster.Cluster(
            master_url="", web_url="http://127.0.0.1:9", thrift_port=9, driver_web_url="", options=Options(),
            daemons=[Daemon(name="master", pid=other.pid, started="1")],
        )  # fmt: skip
        (tmp_path / "spark").mkdir()
        (tmp_path / "spark" / "cluster.json").write_text(known.model_dump_json())
        assert cluster.down(tmp_path) == []
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_without_a_server_the_remedy_is_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEGMENTRY_SPARK_HOST", raising=False)
    with pytest.raises(UsageError) as caught:
        cluster.need_cluster(tmp_path)
    assert "make spark-up" in caught.value.remedy


def test_dbt_is_told_the_target_and_where_its_server_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = {"SEGMENTRY_SPARK_HOST": "spark.example", "SEGMENTRY_SPARK_PORT": "4711", "SEGMENTRY_SCHEMA_PREFIX": ""}
    monkeypatch.setattr(building, "engine_of", lambda home, target, replay: Spark(address, home))
    seen: list[tuple[Project, dict[str, str]]] = []

    def dbt_process(project: Project, environment: dict[str, str], lock_fd: int | None) -> None:
        seen.append((project, environment))
        raise InterruptedError

    monkeypatch.setattr(building, "dbt_process", dbt_process)
    with pytest.raises(InterruptedError):
        building.build(Settings.load(home=tmp_path), BuildRequest("run", {}, target="spark"))
    ((project, environment),) = seen
    assert address.items() <= environment.items()
    command = project.command("build")
    assert command[command.index("--target") + 1] == "spark"
    assert command.count("--vars") == 1


def test_a_session_that_ends_badly_has_done_its_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen of Spark 4.3: `close` is answered with NoClassDefFoundError, now and then."""
    done: list[str] = []

    class Connection:
        def cursor(self) -> list[str]:
            return done

        def close(self) -> None:
            raise exc.OperationalError("NoClassDefFoundError")

    monkeypatch.setattr(hive, "connect", lambda **_: Connection())
    with connect({"SEGMENTRY_SPARK_HOST": "127.0.0.1", "SEGMENTRY_SPARK_PORT": "1"}) as cursor:
        cursor.append("select 1")
    assert done == ["select 1"]


def test_what_the_profile_asks_of_a_session_is_a_hive_variable() -> None:
    """The thrift server passes over other names without a word."""
    outputs = yaml.safe_load((ROOT / "profiles.yml").read_text(encoding="utf-8"))["segmentry"]["outputs"]
    names = set(outputs["spark"]["server_side_parameters"])
    assert "set:hivevar:spark.sql.session.timeZone" in names
    assert {name for name in names if not name.startswith("set:hivevar:spark.")} == set()
