"""Dagster as it runs for a user: a bad file is held and told of, a good one passes, a killed worker is started again.

The tests go on from each other, over a home that the command line has built.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import sync_playwright
from running_dagster import Running, dagster_over

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]

CANARY = "canary.person@secret.example"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def dagster(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("dagster") / "home"
    shutil.copytree(demo_home, home, symlinks=True)
    (home / "runs" / "dagster_target").mkdir()
    shutil.copy(home / "runs" / "target" / "partial_parse.msgpack", home / "runs" / "dagster_target")  # parses faster
    with dagster_over(home) as running:
        yield running


def marts(home: Path) -> str:
    return hashlib.sha256((home / "published" / "marts.duckdb").read_bytes()).hexdigest()


def bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def test_1_a_bad_file_stops_at_its_check_and_is_told_of(dagster: Running) -> None:
    before = marts(dagster.home)
    dagster.drop_sales("sales.csv", factor=100, user=CANARY)
    assert dagster.wait_for_run(1) == "FAILURE"
    assert marts(dagster.home) == before
    assert len(list((dagster.home / "raw" / "_held" / "transactions").iterdir())) == 1
    (told,) = dagster.wait("the notification", dagster.notices)
    assert told["kind"] == "run_failed"
    assert re.search(r"raw/transactions, check quality_drift: .*mean_ratio__amount .* measured", told["text"])


def test_2_the_canary_is_in_no_log_page_or_storage(dagster: Running) -> None:
    told = [path for part in ("runs", "dagster") for path in (dagster.home / part).rglob("*") if path.is_file()]
    assert {"index.html", "notifications.ndjson", "index.db"} <= {path.name for path in told}
    # write-ahead logs before their databases, into which they may go meanwhile
    assert [path for path in [*sorted(told, reverse=True), dagster.log] if CANARY.encode() in bytes_of(path)] == []
    # and it is where it must be, or this test could not fail
    held = dagster.home / "raw" / "_held" / "transactions"
    assert duckdb.execute(f"select count(*) from '{held}/*.parquet' where user_id = '{CANARY}'").fetchone() == (250,)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: the pages of Dagster are not looked at")
def test_3_the_asset_graph_and_a_check_are_seen_in_a_browser(dagster: Running, tmp_path: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=180_000)
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.set_default_timeout(300_000)
        page.goto(f"{dagster.url}/asset-groups")
        page.get_by_text("intermediate_activity").first.wait_for()
        page.wait_for_timeout(1000)
        page.screenshot(path=tmp_path / "asset_graph.png")
        page.goto(f"{dagster.url}/assets/raw/transactions?view=checks&checkDetail=quality_drift")
        page.get_by_text("mean_ratio__amount").first.wait_for()
        page.screenshot(path=tmp_path / "check.png")
        browser.close()
    kept = os.environ.get("SEGMENTRY_SCREENSHOTS")
    if kept:
        for name in ("asset_graph.png", "check.png"):
            shutil.copy(tmp_path / name, Path(kept) / name)


def test_4_a_good_file_passes_and_a_killed_worker_is_caught_up_with(dagster: Running) -> None:
    before = marts(dagster.home)
    dagster.drop_sales("sales.csv", factor=1)
    _, worker = dagster.wait("dbt", dagster.dbt_child)
    os.kill(worker, signal.SIGKILL)
    dagster.wait("the end of dbt", lambda: dagster.dbt_child() is None)
    assert dagster.wait_for_run(2) == "FAILURE"
    assert marts(dagster.home) == before

    assert dagster.wait_for_run(3) == "SUCCESS"
    runs = dagster.runs()
    assert len(runs) == 3
    assert runs[2]["parentRunId"] == runs[1]["runId"]
    assert marts(dagster.home) != before
    with duckdb.connect(str(dagster.home / "published" / "marts.duckdb"), read_only=True) as connection:
        sql = "select accepted from trust.feed_ledger where file = 'sales.csv' and status = 'landed'"
        assert connection.execute(sql).fetchall() == [(250,)]


def test_5_the_end_of_dagster_leaves_no_dbt(dagster: Running) -> None:
    dagster.drop_sales("more.csv", factor=1)
    dagster.wait("dbt at work", dagster.dbt_child)
    dagster.stop()
    assert dagster.dbt_child() is None
