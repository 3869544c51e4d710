"""Publishing under readers and kills: every reader sees one whole generation, every kill leaves the old or the new."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
import toy
from budget import runs

from segmentry.publishing import current_generation, generations, publish, read_ledger
from segmentry.warehouse import require_green

pytestmark = pytest.mark.integration

TESTS = Path(toy.__file__).parent
PUBLISHES = 10
KILLS = runs(12, 300)

# opens the published file again and again, as a BI tool does; prints what it saw
READER = """
import sys
from pathlib import Path
import toy
seen, errors = [], []
print("reading", flush=True)
while not Path(sys.argv[2]).exists():
    try:
        found = toy.marks(Path(sys.argv[1]))
        seen.append(found.pop() if len(found) == 1 else errors.append(f"mixed: {found}"))
    except Exception as error:
        errors.append(repr(error))
print(len(seen), len(set(seen)), errors[:3])
"""

PUBLISHER = """
import sys
from pathlib import Path
import toy
from segmentry.warehouse import require_green
from segmentry.home.lock import writer_lock
from segmentry.publishing import publish
home = toy.settings(Path(sys.argv[1]))
record = require_green(home)
with writer_lock(home.home, "the-run", "publish"):
    print("publishing", flush=True)
    publish(home, record, "the-run")
    print("published", flush=True)
"""


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(TESTS)!r})\n{code}", *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=TESTS.parents[1],
    )
    return process


def test_readers_see_whole_generations_only_while_publishes_go_on(tmp_path: Path) -> None:
    home = toy.settings(tmp_path / "home")
    publish(home, toy.green_build(home, 0), "run-0")
    stop = tmp_path / "stop"
    reader = start(READER, home.published / "marts.duckdb", stop)
    assert reader.stdout.readline() == "reading\n"
    for mark in range(1, PUBLISHES + 1):
        publish(home, toy.green_build(home, mark), f"run-{mark}")
        table = pq.read_table(home.published / "parquet" / "core" / "dim_customers")
        assert set(table.column("mark").to_pylist()) == {mark}
    time.sleep(0.5)
    stop.touch()
    output, _ = reader.communicate(timeout=60)
    queries, generations_seen, errors = output.split(" ", 2)
    assert errors.strip() == "[]"
    assert int(queries) > PUBLISHES
    assert int(generations_seen) > 2
    assert not list(home.published.rglob("*.wal"))


@pytest.mark.long
def test_kills_at_random_points_leave_one_whole_generation_and_the_same_command_works(tmp_path: Path) -> None:
    home = toy.settings(tmp_path / "home")
    publish(home, toy.green_build(home, 0, rows=20_000), "run-0")
    draw = random.Random(20260131)
    whole = 0.4
    current, killed = 0, 0
    for attempt in range(1, KILLS + 1):
        toy.green_build(home, attempt, rows=20_000)
        process = start(PUBLISHER, home.home)
        assert process.stdout.readline() == "publishing\n"
        began = time.monotonic()
        try:
            process.wait(draw.uniform(0, whole))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            killed += 1
        finished = process.communicate()[0] == "published\n"
        if finished:
            whole = (whole + time.monotonic() - began) / 2
        (mark,) = toy.marks(home.published / "marts.duckdb")
        assert mark in ({attempt} if finished else {current, attempt})
        assert current_generation(home.published) is not None
        current = mark
    assert killed >= KILLS // 3
    publish(home, require_green(home), "the same again")
    assert toy.marks(home.published / "marts.duckdb") == {KILLS}
    numbers = [generation.number for generation in generations(home.published)]
    assert len(numbers) <= home.keep_generations
    recorded = [row.generation for row in read_ledger(home)]
    assert set(numbers) <= set(recorded)
    assert len(set(recorded)) == len(recorded)
    leftovers = [path.name for path in home.published.rglob("*") if path.name.startswith(".") or path.suffix == ".wal"]
    assert leftovers == []


def test_a_client_that_may_write_cannot_damage_the_next_generation(tmp_path: Path) -> None:
    """A client that opens the published file read-write leaves a write-ahead log; it must not reach the next file."""
    home = toy.settings(tmp_path / "home")
    publish(home, toy.green_build(home, 1), "run-1")
    published = home.published / "marts.duckdb"
    writer = start(
        "import duckdb, os, signal\n"
        "c = duckdb.connect(sys.argv[1], config={'wal_autocheckpoint': '1TB'})\n"
        "c.execute('create schema intruder')\n"
        "os.kill(os.getpid(), signal.SIGKILL)",
        published,
    )
    writer.communicate()
    publish(home, toy.green_build(home, 2), "run-2")
    with duckdb.connect(str(published), read_only=True) as connection:
        assert connection.execute(
            "select count(*) from duckdb_schemas() where schema_name = 'intruder'"
        ).fetchone() == (0,)
    assert toy.marks(published) == {2}
