"""Pooled storage of Dagster's events: opt-in, with the same files as Dagster's own, and few openings."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from orchestration import pooled_storage, serve
from segmentry.config import Settings

ROOT = Path(__file__).parents[3]

# a run with 40 checks, which then stays alive; killed, it leaves what it stored
RUN = """
import sys, time
import dagster as dg
names = [f"check_{n}" for n in range(40)]

@dg.asset(check_specs=[dg.AssetCheckSpec(name, asset="customers") for name in names])
def customers():
    yield dg.MaterializeResult()
    for name in names:
        yield dg.AssetCheckResult(check_name=name, passed=True)

instance = dg.DagsterInstance.get()
result = dg.materialize([customers], instance=instance)
print(result.run_id, type(instance.event_log_storage).__module__, flush=True)
time.sleep(600)
"""

READ = """
import sys
import dagster as dg
instance = dg.DagsterInstance.get()
log = instance.event_log_storage
print(type(log).__name__, len(instance.all_logs(sys.argv[1])), instance.get_run_by_id(sys.argv[1]).status.value)
"""


def dagster_home(folder: Path, config: str) -> dict[str, str]:
    (folder / "dagster.yaml").write_text(config)
    return os.environ | {"DAGSTER_HOME": str(folder)}


def test_a_killed_process_loses_no_event_and_dagsters_own_storage_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGMENTRY_POOLED_STORAGE", "true")
    settings = Settings.load(home=tmp_path)
    environment = dagster_home(tmp_path, (serve.dagster_home(settings) / "dagster.yaml").read_text())
    writer = subprocess.Popen(
        [sys.executable, "-c", RUN], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert writer.stdout is not None
    try:
        run_id, module = writer.stdout.readline().split()
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    assert module == "orchestration.pooled_storage"
    plain = dagster_home(tmp_path, "telemetry: {enabled: false}\n")
    read = subprocess.run([sys.executable, "-c", READ, run_id], env=plain, capture_output=True, text=True, check=True)
    name, events, status = read.stdout.split()
    # at least two events per check, and the run's end, which is stored last
    assert (name, status) == ("SqliteEventLogStorage", "SUCCESS")
    assert int(events) > 80


def test_the_default_is_dagsters_own_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEGMENTRY_POOLED_STORAGE", raising=False)
    config = yaml.safe_load((serve.dagster_home(Settings.load(home=tmp_path)) / "dagster.yaml").read_text())
    assert "storage" not in config


def test_a_database_is_opened_once_and_few_stay_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    connect = sqlite3.dbapi2.connect

    def counted(path: str, *arguments: object, **options: object) -> sqlite3.Connection:
        opened.append(Path(path).stem)
        return connect(path, *arguments, **options)  # type: ignore[call-overload,no-any-return]

    log = pooled_storage.PooledEventLog(str(tmp_path))
    monkeypatch.setattr(sqlite3.dbapi2, "connect", counted)
    assert log.get_logs_for_run("first") == []
    of_making = opened.count("first")
    for _ in range(20):
        assert log.get_logs_for_run("first") == []
    assert opened.count("first") == of_making
    for number in range(pooled_storage._OPEN):
        log.get_logs_for_run(f"run-{number}")
    assert len(log._engines) == pooled_storage._OPEN
    assert log.get_logs_for_run("first") == []
    assert opened.count("first") == of_making + 1  # it was closed for the others
    log.dispose()
