"""A landing that is killed, or meets a machine at its limits, harms nothing; and no value leaks."""

from __future__ import annotations

import gzip
import io
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from landing_toys import GOOD, Home, csv_text, make_home, ndjson_text, sale

from segmentry.landing import LandingError, engine

# Lands in a process of its own that kills itself before the n-th rename. Every durable step of landing is a rename.
KILLED = """
import os, signal, sys
from pathlib import Path
from landing_toys import Home, NOW
from segmentry.contracts import load_contract
path, steps = Path(sys.argv[1]), int(sys.argv[2])
rename = Path.replace
def replace(self, target):
    global steps
    steps -= 1
    if steps == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(self, target)
Path.replace = replace
Home(path / "home", load_contract(path / "sales.yml")).land()
"""


@pytest.mark.parametrize("step", range(1, 9))
def test_killed_landing_converges(tmp_path: Path, step: int) -> None:
    home = make_home(tmp_path)
    home.drop("a.csv", csv_text([sale(1), sale(2, amount="x"), sale(3)]))
    home.drop("b.csv", csv_text([sale(4), sale(5, amount="x")]))
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(step)]
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[3])])
    killed = subprocess.run(command, env=os.environ | {"PYTHONPATH": paths}, check=False)
    assert killed.returncode == -signal.SIGKILL

    home.land()
    assert sorted(row["sale_id"] for row in home.accepted()) == ["s1", "s3", "s4"]
    quarantined = home.query("_quarantine/sales/*.parquet")
    assert sorted((row["_file"], row["_row"]) for row in quarantined) == [("a.csv", 2), ("b.csv", 2)]
    ledger = home.ledger()
    landed = [row for row in ledger if row["status"] == "landed"]
    assert [row["file_name"] for row in landed] == ["a.csv", "b.csv"]
    assert sum(row["records"] for row in ledger) == 5
    assert len({row["load_id"] for row in ledger}) == len(ledger)
    assert {row["_load_id"] for row in [*home.accepted(), *quarantined]} == {row["load_id"] for row in landed}
    assert {path.name for path in (home.inbox / "landed").iterdir()} == {"a.csv", "b.csv"}
    assert not [path for path in home.inbox.iterdir() if path.is_file()]


def test_load_ids_of_orphans_are_not_given_out_again(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    home.land_one("a.csv", csv_text([sale(1)]))
    (raw,) = home.path.glob("raw/sales/*.parquet")
    orphan = raw.with_name("00000007-abc.parquet")
    orphan.write_bytes(raw.read_bytes())
    assert home.land_one("b.csv", csv_text([sale(2)])).load_id == 8
    assert not orphan.exists()
    assert raw.exists()


def fail_with(error: duckdb.Error) -> Callable[..., int]:
    def fail(*_: object) -> int:
        raise error

    return fail


def test_the_machine_is_not_blamed_on_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = make_home(tmp_path)
    home.inbox.mkdir(parents=True)
    pq.write_table(pa.table({name: [text] for name, text in sale(1).items()}), home.inbox / "a.parquet")
    with monkeypatch.context() as patch:
        patch.setattr(engine, "write_accepted", fail_with(duckdb.IOException("no space left; row was canary@x.com")))
        with pytest.raises(LandingError) as raised:
            home.land()
    assert "canary" not in f"{raised.value} {raised.value.remedy}"
    assert raised.value.__suppress_context__
    assert (home.inbox / "a.parquet").exists()
    assert home.ledger() == []
    assert [result.status for result in home.land()] == ["landed"]


def test_a_file_beyond_memory_blocks_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = make_home(tmp_path)
    monkeypatch.setattr(engine, "write_accepted", fail_with(duckdb.OutOfMemoryException("row was canary@x.com")))
    result = home.land_one("a.csv", csv_text([sale(1)]))
    assert (result.status, result.reason) == ("refused", "needs_too_much_memory")


def test_counts_that_disagree_keep_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = make_home(tmp_path)
    write = engine.write_accepted

    def lose_a_row(*arguments: object) -> int:
        return write(*arguments) - 1  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "write_accepted", lose_a_row)
    result = home.land_one("a.csv", csv_text([sale(1), sale(2)]))
    assert (result.status, result.reason, result.records) == ("refused", "counts_disagree", 0)
    assert home.accepted() == []


def test_file_that_is_still_written_to_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = make_home(tmp_path)
    write = engine.write_accepted

    def append_meanwhile(*arguments: object) -> int:
        with (home.inbox / "a.csv").open("a") as file:
            file.write("more\n")
        return write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "write_accepted", append_meanwhile)
    assert home.land_one("a.csv", csv_text([sale(1)])).reason == "changed_while_reading"
    assert home.accepted() == []


def test_rules_and_values_cannot_reach_outside_home(tmp_path: Path) -> None:
    """SQL of a rule that reads a file elsewhere is refused by DuckDB itself."""
    home = make_home(tmp_path)
    with engine._connect(home.path, tmp_path) as connection:
        for sql in ("select * from read_text('/etc/hostname')", "set enable_external_access = true", "install httpfs"):
            with pytest.raises(duckdb.Error):
                connection.execute(sql).fetchall()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_many_long_cells_do_not_fill_the_memory(tmp_path: Path, ending: str) -> None:
    home = make_home(tmp_path)
    rows = [sale(n, note="x" * 2_000_000) for n in range(40)]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    result = home.land_one(f"a.{ending}", csv_text(rows) if ending == "csv" else sink.getvalue())
    assert (result.accepted, result.reasons) == (0, {"too_long:note": 40})
    records = [json.loads(row["record"]) for row in home.query("_quarantine/sales/*.parquet")]
    assert {len(record["note"]) for record in records} == {1_000}


CANARY = "canary@example.com"


def canary_files() -> dict[str, bytes]:
    """Files with the canary wherever a value, a header or a key can stand."""
    bad_row = csv_text([dict.fromkeys(GOOD, CANARY), sale(1)])
    return {
        "bad_cells.csv": bad_row.encode(),
        "no_header.csv": bad_row.split("\n", 1)[1].encode(),
        "ragged.csv": f'{bad_row}{CANARY},\n"{CANARY}\n'.encode(),
        "cut.csv": f"{bad_row}{CANARY}".encode(),
        "latin.csv": bad_row.encode() + CANARY.encode() + b"\xe9\n",
        "cut.csv.gz": gzip.compress(bad_row.encode())[:-9],
        "keys.ndjson": ndjson_text([sale(2) | {CANARY: "x"}]).encode() + b'{"a":"' + CANARY.encode() + b'"\n',
        "header.csv": csv_text([sale(3) | {CANARY: "x"}]).encode(),
        "text.parquet": CANARY.encode(),
        "utf16.csv": bad_row.encode("utf-16"),
    }


def test_no_value_leaks(tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    home: Home = make_home(tmp_path)
    for name, content in canary_files().items():
        home.drop(name, content)
    with caplog.at_level(logging.DEBUG):
        results = home.land()
    assert {result.status for result in results} == {"landed", "refused"}
    assert sum(result.quarantined for result in results) >= 8
    shown = [repr(results), caplog.text, *capfd.readouterr(), json.dumps(home.ledger(), default=str)]
    shown += [path.read_bytes().decode("latin-1") for path in home.path.glob("raw/_ledger/*")]
    assert [text for text in shown if "canary" in text] == []
    assert "quarantined" in caplog.text
    assert any(CANARY in row["record"] for row in home.query("_quarantine/sales/*.parquet"))
