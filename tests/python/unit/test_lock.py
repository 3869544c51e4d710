"""The writer lock: one holder, named; gone with its process."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from segmentry.errors import LockedError
from segmentry.home.lock import current_holder, lock_path, writer_lock

HOLD = """
import sys, time
from pathlib import Path
from segmentry.home.lock import writer_lock
with writer_lock(Path(sys.argv[1]), "run-of-the-other", "segmentry build"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other_process(tmp_path: Path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_second_writer_is_refused_within_five_seconds_and_told_by_whom(tmp_path: Path, other_process) -> None:
    started = time.monotonic()
    with pytest.raises(LockedError) as caught, writer_lock(tmp_path, "mine", "segmentry land"):
        pass
    assert time.monotonic() - started < 5
    assert "run-of-the-other" in caught.value.message
    assert str(other_process.pid) in caught.value.message
    assert caught.value.exit_code == 5


def test_holder_is_shown_while_held_and_gone_after(tmp_path: Path) -> None:
    assert current_holder(tmp_path) is None
    with writer_lock(tmp_path, "mine", "segmentry land") as lock:
        holder = current_holder(tmp_path)
        assert holder == lock.holder
        assert (holder.run_id, holder.pid, holder.command) == ("mine", os.getpid(), "segmentry land")
    assert current_holder(tmp_path) is None


def test_lock_of_a_killed_process_is_free_at_once(tmp_path: Path, other_process) -> None:
    other_process.send_signal(signal.SIGKILL)
    other_process.wait()
    assert json.loads(lock_path(tmp_path).read_text())["run_id"] == "run-of-the-other"
    assert current_holder(tmp_path) is None
    with writer_lock(tmp_path, "mine", "segmentry land", wait_seconds=0):
        assert current_holder(tmp_path).run_id == "mine"


def test_lock_is_released_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), writer_lock(tmp_path, "mine", "x"):
        raise ZeroDivisionError
    with writer_lock(tmp_path, "again", "x", wait_seconds=0):
        pass


def test_waits_for_a_holder_that_ends_soon(tmp_path: Path) -> None:
    code = HOLD.replace("time.sleep(60)", "time.sleep(0.7)")
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    with writer_lock(tmp_path, "mine", "x"):
        pass
    process.wait()
