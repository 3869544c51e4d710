"""Doctor and status: they see what is there, change nothing that matters, and name what is missing."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import toy

from segmentry.home import doctor
from segmentry.home.lock import writer_lock
from segmentry.home.status import read_status
from segmentry.publishing import publish


@pytest.fixture
def home(tmp_path: Path):
    return toy.settings(tmp_path / "home")


def failed(settings) -> dict[str, str]:
    return {check.name: check.remedy for check in doctor.examine(settings) if not check.ok}


def test_a_fresh_home_is_fine(home) -> None:
    assert failed(home) == {}


def test_old_python_and_full_disk_come_with_a_remedy(home, monkeypatch) -> None:
    monkeypatch.setattr(doctor.sys, "version_info", (3, 10, 0))
    monkeypatch.setattr(doctor, "MIN_FREE_BYTES", 1 << 80)
    found = failed(home)
    assert set(found) == {"python", "disk"}
    assert "PYTHON=" in found["python"]


def test_a_missing_package_and_project_are_found(home, monkeypatch) -> None:
    monkeypatch.setattr(doctor, "_PACKAGES", ("duckdb", "not-a-package"))
    (home.project_dir / "dbt_project.yml").unlink()
    checks = {check.name: check for check in doctor.examine(home)}
    assert not checks["packages"].ok
    assert "missing: not-a-package" in checks["packages"].detail
    assert not checks["project"].ok


def test_a_home_that_cannot_be_written_is_found(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    settings = toy.settings(tmp_path / "ok").model_copy(update={"home": tmp_path / "file" / "home"})
    assert "home" in failed(settings)


def test_a_damaged_published_file_is_found(home) -> None:
    publish(home, toy.green_build(home), "run")
    assert failed(home) == {}
    (home.published / "marts.duckdb").unlink()
    (home.published / "marts.duckdb").write_bytes(b"not a database" * 1000)
    assert failed(home) == {"published": "Run `segmentry rollback`."}


def test_probes_leave_no_file_behind(home) -> None:
    doctor.examine(home)
    assert [path for path in home.home.rglob("*") if path.is_file()] == [home.project_dir / "dbt_project.yml"]


def test_status_of_an_empty_home(home) -> None:
    state = read_status(home)
    assert (state.holder, state.feeds, state.quarantine, state.build, state.generation) == (None, [], [], None, None)


def test_status_counts_landed_and_refused_files_and_names_the_lock_holder(home) -> None:
    toy.landed(home, 1, "users", 100, 4)
    toy.landed(home, 2, "users", 50, 0)
    toy.landed(home, 3, "users", 0, 0, status="refused")
    publish(home, toy.green_build(home, 2), "run")
    with writer_lock(home.home, "the-run", "segmentry land"):
        state = read_status(home)
    (users,) = state.feeds
    assert (users.files, users.refused, users.records, users.unpublished, users.quarantined) == (2, 1, 150, 146, 4)
    assert state.holder.run_id == "the-run"
    assert state.build.run_id == "run-2"
    assert (state.generation, state.kept_generations) == (1, [1])
    assert [row.status for row in state.publishes] == ["published"]


def test_status_takes_duplicates_from_the_published_ledger(home) -> None:
    toy.landed(home, 1, "users", 100, 4)
    toy.landed(home, 2, "users", 50, 0)
    ledger = home.published / "parquet" / "trust" / "feed_ledger"
    ledger.mkdir(parents=True)
    row = {"load_id": 1, "status": "landed", "accepted": 90, "duplicates": 6}
    pq.write_table(pa.Table.from_pylist([row]), ledger / "part-0.parquet")
    (users,) = read_status(home).feeds
    # of load 2 nobody knows yet how many are duplicates
    assert (users.records, users.accepted, users.duplicates, users.quarantined, users.unpublished) == (
        150,
        90,
        6,
        4,
        50,
    )
