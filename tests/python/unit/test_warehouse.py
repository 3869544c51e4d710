"""What a build reads from the events of dbt 1.11, and what it records of itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from toy import green_build, settings

from segmentry.dbt.process import show_progress
from segmentry.warehouse import require_green

NODE = {"node_info": {"node_name": "dim_customers"}}


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("LogModelResult", {"index": 384, "total": 1025, "status": "OK", **NODE}, ("dim_customers", 384, 1025)),
        ("LogTestResult", {"index": 381, "num_models": 1025, "status": "pass", **NODE}, ("dim_customers", 381, 1025)),
        ("LogStartLine", {"index": 384, "total": 1025, **NODE}, None),
        ("StatsLine", {"stats": {"total": 96}}, None),
    ],
)
def test_models_and_tests_are_counted_as_they_end(name: str, data: dict[str, object], expected: object) -> None:
    steps: list[tuple[str, int, int]] = []
    show_progress({"info": {"name": name}, "data": data}, lambda *step: steps.append(step))
    assert steps == ([expected] if expected else [])


SEVERAL_THREADS = """
import sys, threading
from segmentry.dbt.child import _write
sys.setswitchinterval(1e-6)
work = lambda: [_write({"text": "x" * 3000}) for _ in range(300)]
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_results_that_several_threads_report_are_whole_lines() -> None:
    command = [sys.executable, "-c", SEVERAL_THREADS]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["x" * 3000] * 2400


def test_a_home_that_was_copied_is_its_own(tmp_path: Path) -> None:
    green_build(settings(tmp_path / "one"))
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    other = settings(tmp_path / "other")
    record = require_green(other)
    assert record.warehouse == other.warehouse()
    assert record.target_dir == other.runs / "target"
