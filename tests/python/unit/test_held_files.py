"""Held files are out of sight, come back when released, and a kill in between is mended by the next landing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from landing_toys import Home, csv_text, make_home, sale

from segmentry.errors import UsageError
from segmentry.landing import hold, release
from segmentry.warehouse import BuildRecord
from segmentry.warehouse.building import needs_full_refresh

KILLED = """
import os, signal, sys
from pathlib import Path
from segmentry.landing import hold
rename, steps = Path.replace, int(sys.argv[2])
def replace(self, target):
    global steps
    steps -= 1
    if steps == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(self, target)
Path.replace = replace
hold(Path(sys.argv[1]), [2], "quality: drift")
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path)
    home.drop("a.csv", csv_text([sale(1)]))
    home.drop("b.csv", csv_text([sale(2), sale(3, amount="x")]))
    home.land()
    return home


def sales(home: Home) -> list[str]:
    return [row["sale_id"] for row in home.accepted()]


def test_a_held_file_is_gone_and_comes_back(home: Home) -> None:
    raw = home.path / "raw"
    hold(raw, [2], "quality: drift")
    assert (sales(home), home.quarantined()) == (["s1"], {})
    row = home.ledger()[1]
    assert (row["status"], row["reason"]) == ("held", "quality: drift")
    assert "segmentry release" in row["remedy"]

    release(raw, [2])
    assert (sales(home), list(home.quarantined())) == (["s1", "s2"], [2])
    assert [(row["status"], row["reason"]) for row in home.ledger()] == [("landed", None), ("landed", "released")]


def test_a_corrected_file_lands_under_the_same_name(home: Home) -> None:
    hold(home.path / "raw", [2], "quality: drift")
    landed = home.land_one("b.csv", csv_text([sale(2), sale(3)]))
    assert (landed.status, landed.accepted) == ("landed", 2)
    assert sales(home) == ["s1", "s2", "s3"]


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_kill_while_holding_is_mended_by_the_next_landing(home: Home, step: int) -> None:
    command = [sys.executable, "-c", KILLED, str(home.path / "raw"), str(step)]
    killed = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}, check=False)
    assert killed.returncode == -signal.SIGKILL
    home.land()
    is_held = home.ledger()[1]["status"] == "held"
    assert is_held == (step > 1)  # the first rename puts the ledger row in place
    assert sales(home) == (["s1"] if is_held else ["s1", "s2"])
    assert len(home.quarantined()) == (0 if is_held else 1)


def test_only_what_is_there_is_held_or_released(home: Home) -> None:
    with pytest.raises(UsageError, match="load 9 is not landed"):
        hold(home.path / "raw", [9], "quality: drift")
    with pytest.raises(UsageError, match="load 1 is not held"):
        release(home.path / "raw", [1])


@pytest.mark.parametrize(
    ("held_before", "held_now", "is_changed"),
    [([], [], False), ([], [8], False), ([8], [8], False), ([], [3], True), ([3], [], True)],
)
def test_incremental_tables_are_made_anew_when_a_load_they_know_went_or_came_back(
    tmp_path: Path, held_before: list[int], held_now: list[int], is_changed: bool
) -> None:
    """The last build had seen loads 1 to 7; load 8 was held before any build."""
    record = BuildRecord.model_validate(
        {"run_id": "r", "status": "green", "preset": "feeds", "vars": {}, "warehouse": tmp_path, "target_dir": tmp_path}
        | {"started_at": "2026-01-01T00:00:00Z", "max_load_id": 7, "held_loads": held_before}
    )
    assert needs_full_refresh(record, record.vars, held_now) == is_changed
