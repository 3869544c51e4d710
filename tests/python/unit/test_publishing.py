"""Write, audit, publish: what is put in place, what each audit check stops, how to go back."""

import shutil
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
import toy

from segmentry.errors import AuditFailedError, BuildFailedError, EnvironmentProblemError, UsageError
from segmentry.publishing import current_generation, generations, publish, publisher, read_ledger, rollback
from segmentry.publishing.generation import TableFacts, export_parquet
from segmentry.warehouse import require_green


@pytest.fixture
def home(tmp_path: Path):
    return toy.settings(tmp_path / "home", keep_generations=3)


def published_marks(home) -> set[int]:
    return toy.marks(home.published / "marts.duckdb")


def publish_mark(home, mark: int, **more: object):
    return publish(home, toy.green_build(home, mark), f"publish-{mark}", **more)


def test_publishes_the_marts_and_nothing_else(home) -> None:
    manifest = publish_mark(home, 1)
    with duckdb.connect(str(home.published / "marts.duckdb"), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema || '.' || table_name, table_type from information_schema.tables order by 1"
        ).fetchall()
        assert tables == [(name, "BASE TABLE") for name in sorted(toy.CONTRACTS)]
        assert connection.execute("select count(*), sum(spend) from core.dim_customers").fetchone() == (1000, 499500)
        assert connection.execute(
            "select comment from duckdb_tables() where table_name = 'dim_customers'"
        ).fetchone() == ("One row per 'thing'.",)
        version = connection.execute("select tags['storage_version'] from duckdb_databases() where path is not null")
        assert version.fetchone() == ("v1.2.0+",)
    assert b"a@example.org" not in (home.published / "marts.duckdb").read_bytes()
    assert manifest.as_of_date == toy.AS_OF
    assert manifest.rows == 2001
    assert not list(home.published.rglob("*.wal"))
    assert not list(home.published.rglob("*.tmp"))


def test_parquet_holds_the_same_rows(home) -> None:
    publish_mark(home, 1)
    table = pq.read_table(home.published / "parquet" / "core" / "dim_customers")
    assert table.num_rows == 1000
    assert str(table.schema.field("spend").type) == "decimal128(18, 2)"
    assert set(table.column("mark").to_pylist()) == {1}
    schemas = sorted(path.name for path in (home.published / "parquet").iterdir())
    assert schemas == ["core", "kpis"]


def test_an_empty_mart_stays_empty_in_parquet(home) -> None:
    record = toy.green_build(home, 1, rows=0)
    publish(home, record, "publish-empty")
    assert pq.read_table(home.published / "parquet" / "core" / "dim_customers").num_rows == 0


def test_rows_come_in_the_same_order_whatever_the_order_of_the_build(home) -> None:
    publish_mark(home, 1)
    first = pq.read_table(home.published / "parquet" / "core" / "dim_customers")
    record = toy.green_build(home, 1)
    with duckdb.connect(str(record.warehouse)) as connection:
        connection.execute(
            "create or replace table core.dim_customers as from core.dim_customers order by hash(customer_id)"
        )
    publish(home, record, "publish-2")
    assert pq.read_table(home.published / "parquet" / "core" / "dim_customers").equals(first)


def test_parquet_is_written_with_the_memory_of_a_build(home, monkeypatch, tmp_path: Path) -> None:
    """Without the limit DuckDB takes most of the machine's: 6 GB for the marts of 50 million events."""
    marts = Path(shutil.copy(toy.green_build(home, rows=500_000).warehouse, tmp_path / "marts.duckdb"))
    facts = [TableFacts(name="core.dim_customers", rows=500_000, columns={}, fingerprint="")]
    export_parquet(marts, tmp_path / "one", facts)
    monkeypatch.setenv("SEGMENTRY_MEMORY_LIMIT", "1MB")
    with pytest.raises(duckdb.OutOfMemoryException):
        export_parquet(marts, tmp_path / "other", facts)


def test_ledger_tells_what_was_published(home) -> None:
    toy.landed(home, 1, "users", 100, 1)
    toy.landed(home, 2, "users", 0, 0, status="refused")
    toy.landed(home, 7, "events", 100, 0)
    manifest = publish_mark(home, 1)
    (row,) = read_ledger(home)
    assert (row.publish_id, row.generation, row.status, row.run_id) == (1, 1, "published", "publish-1")
    assert (row.input_batches, row.max_load_id) == (2, 7)
    assert (row.tables, row.rows, row.as_of_date) == (3, 2001, toy.AS_OF)
    assert (row.git_revision, row.dbt_invocation_id) == ("a-revision", "an-invocation")
    assert row.sha256 == manifest.sha256
    file = home.runs / "publish_ledger" / "00000001.parquet"
    assert pq.read_schema(file).names[:12] == [
        "publish_id", "run_id", "generation", "published_at", "git_revision", "dbt_invocation_id", "as_of_date",
        "input_batches", "max_load_id", "tables", "rows", "sha256",
    ]  # fmt: skip


def test_next_generation_replaces_and_old_ones_are_kept_up_to_the_limit(home) -> None:
    for mark in range(1, 6):
        publish_mark(home, mark)
        assert published_marks(home) == {mark}
    assert [g.number for g in generations(home.published)] == [3, 4, 5]
    assert current_generation(home.published).number == 5


def test_a_reader_that_has_the_old_file_open_goes_on_reading_it(home) -> None:
    publish_mark(home, 1)
    with duckdb.connect(str(home.published / "marts.duckdb"), read_only=True) as reader:
        publish_mark(home, 2)
        assert reader.execute("select distinct mark from core.dim_customers").fetchall() == [(1,)]
    assert published_marks(home) == {2}


def test_rollback_goes_one_back_then_to_a_named_one(home) -> None:
    for mark in (1, 2, 3):
        publish_mark(home, mark)
    assert rollback(home, "back").generation == 2
    assert published_marks(home) == {2}
    assert set(pq.read_table(home.published / "parquet" / "core" / "dim_customers").column("mark").to_pylist()) == {2}
    assert rollback(home, "back-again").generation == 1
    assert rollback(home, "forward", to=3).generation == 3
    assert published_marks(home) == {3}
    assert [(row.status, row.generation) for row in read_ledger(home)][3:] == [
        ("rolled_back", 2), ("rolled_back", 1), ("rolled_back", 3),
    ]  # fmt: skip
    assert read_ledger(home)[-1].run_id == "forward"


def test_generation_numbers_are_never_used_twice(home) -> None:
    publish_mark(home, 1)
    publish_mark(home, 2)
    rollback(home, "back")
    assert publish_mark(home, 3).generation == 3
    assert rollback(home, "back", to=1).generation == 1
    assert [row.generation for row in read_ledger(home)] == [1, 2, 1, 3, 1]


def test_rollback_refuses_what_is_not_there_or_was_changed(home) -> None:
    with pytest.raises(UsageError, match="no older generation"):
        rollback(home, "back")
    publish_mark(home, 1)
    publish_mark(home, 2)
    with pytest.raises(UsageError, match="generation 9") as caught:
        rollback(home, "back", to=9)
    assert "1, 2" in caught.value.remedy
    older = generations(home.published)[0].marts
    older.chmod(0o644)
    older.write_bytes(older.read_bytes() + b"x")
    with pytest.raises(AuditFailedError, match="sha256"):
        rollback(home, "back")
    assert published_marks(home) == {2}


def assert_refused(home, check: str, *words: str) -> None:
    """A publish of mark 2 fails this check, says these words, and leaves generation 1 as it is."""
    before = (home.published / "marts.duckdb").read_bytes()
    with pytest.raises(AuditFailedError) as caught:
        publish(home, require_green(home), "refused-run")
    assert caught.value.check == check
    assert caught.value.exit_code == 4
    for word in (check, *words):
        assert word in caught.value.message
    assert (home.published / "marts.duckdb").read_bytes() == before
    assert [g.number for g in generations(home.published)] == [1]
    assert [p.name for p in (home.published / "generations").iterdir()] == ["000001"]
    last = read_ledger(home)[-1]
    assert (last.status, last.generation, last.run_id) == ("refused", None, "refused-run")
    assert check in last.reason


@pytest.mark.parametrize(
    ("column", "declared", "words"),
    [
        ("spend", "double", ("core.dim_customers.spend is DECIMAL(18,2)", "DOUBLE")),
        ("not_there", "varchar", ("missing: not_there",)),
    ],
)
def test_audit_holds_the_marts_to_their_contract(home, column: str, declared: str, words: tuple[str, ...]) -> None:
    publish_mark(home, 1)
    toy.green_build(home, 2)
    changed = {**toy.CONTRACTS["core.dim_customers"], column: declared}
    toy.write_contracts(home, {**toy.CONTRACTS, "core.dim_customers": changed})
    assert_refused(home, "contract", *words)


def test_audit_misses_a_mart_that_was_not_built(home) -> None:
    publish_mark(home, 1)
    toy.green_build(home, 2)
    toy.write_contracts(home, {**toy.CONTRACTS, "kpis.kpi_churn": {"a": "int"}})
    assert_refused(home, "tables_present", "kpis.kpi_churn")


def test_audit_refuses_types_that_parquet_cannot_hold(home) -> None:
    publish_mark(home, 1)
    record = toy.green_build(home, 2)
    with duckdb.connect(str(record.warehouse)) as connection:
        connection.execute("alter table kpis.kpi_active_customers alter active_customers type hugeint")
    columns = {**toy.CONTRACTS["kpis.kpi_active_customers"], "active_customers": "hugeint"}
    toy.write_contracts(home, {**toy.CONTRACTS, "kpis.kpi_active_customers": columns})
    with pytest.raises(AuditFailedError, match="kpi_active_customers"):
        publish(home, record, "refused-run")
    assert published_marks(home) == {1}


@pytest.mark.parametrize(
    ("check", "damage"),
    [
        ("row_counts", "delete from core.dim_customers where customer_id = 'c1'"),
        ("fingerprints", "update core.dim_customers set spend = spend + 1 where customer_id = 'c1'"),
        ("columns", "alter table core.dim_customers add column more int"),
    ],
)
def test_audit_sees_a_copy_that_differs_from_the_build(home, monkeypatch, check: str, damage: str) -> None:
    publish_mark(home, 1)
    toy.green_build(home, 2)
    copy = publisher.copy_marts

    def damaged_copy(build_file, target, *rest):
        facts = copy(build_file, target, *rest)
        with duckdb.connect(str(target)) as connection:
            connection.execute(damage)
        return facts

    monkeypatch.setattr(publisher, "copy_marts", damaged_copy)
    assert_refused(home, check, "core.dim_customers")


def test_audit_sees_a_wal_and_a_newer_format(home, monkeypatch) -> None:
    publish_mark(home, 1)
    toy.green_build(home, 2)
    copy = publisher.copy_marts

    def copy_with_wal(build_file, target, *rest):
        facts = copy(build_file, target, *rest)
        target.with_name("marts.duckdb.wal").write_bytes(b"x")
        return facts

    monkeypatch.setattr(publisher, "copy_marts", copy_with_wal)
    assert_refused(home, "no_wal")
    monkeypatch.setattr(publisher, "copy_marts", copy)
    monkeypatch.setattr("segmentry.publishing.generation.STORAGE_VERSION", "v1.4.0")
    with pytest.raises(AuditFailedError, match="storage_version"):
        publish(home, require_green(home), "newer")


def test_a_feed_that_lost_too_many_rows_stops_the_publish_until_accepted(home) -> None:
    toy.landed(home, 1, "users", 100, 5)
    publish_mark(home, 1)
    toy.landed(home, 2, "users", 100, 0)
    toy.landed(home, 3, "events", 100, 6)
    toy.green_build(home, 2)
    assert_refused(home, "quarantined_share", "events: 6 of 100 records (6.0%)")
    assert "users" not in read_ledger(home)[-1].reason
    accepted = home.model_copy(update={"max_quarantined_share": 0.06})
    publish(accepted, require_green(home), "accepted")
    toy.green_build(home, 3)
    publish(home, require_green(home), "only files after the last publish count")
    assert published_marks(home) == {3}


def test_files_that_landed_after_the_build_are_none_of_its_inputs(home) -> None:
    toy.landed(home, 1, "users", 100, 0)
    toy.landed(home, 2, "events", 100, 0, status="held")
    record = toy.green_build(home, 1)
    toy.landed(home, 2, "events", 100, 50)  # released since
    toy.landed(home, 3, "users", 100, 50)
    manifest = publish(home, record, "as built")
    assert (manifest.input_batches, manifest.max_load_id) == (1, 1)
    toy.green_build(home, 2)
    assert_refused(home, "quarantined_share", "users: 50 of 100 records", "events: 50 of 100 records")


def test_only_a_green_untouched_build_may_be_published(home) -> None:
    with pytest.raises(BuildFailedError, match="nothing has been built"):
        require_green(home)
    record = toy.green_build(home, 1)
    assert require_green(home).run_id == "run-1"
    with duckdb.connect(str(record.warehouse)) as connection:
        connection.execute("create table core.late as select 1 as a")
    with pytest.raises(BuildFailedError, match="changed after"):
        require_green(home)
    for status in ("building", "failed"):
        (home.runs / "last_build.json").write_text(record.model_copy(update={"status": status}).model_dump_json())
        with pytest.raises(BuildFailedError, match=status):
            require_green(home)


def test_replay_is_published_beside_the_marts(home) -> None:
    publish_mark(home, 1)
    for mark in (2, 3):
        publish_mark(home, mark, replay_label="as-of-2026-01-01")
    root = home.published / "replays" / "as-of-2026-01-01"
    assert toy.marks(root / "marts.duckdb") == {3}
    assert len(generations(root)) == 1
    assert (root / "parquet" / "core" / "dim_customers" / "part-0.parquet").is_file()
    assert published_marks(home) == {1}
    assert [(row.status, row.generation) for row in read_ledger(home)] == [
        ("published", 1), ("replayed", None), ("replayed", None),
    ]  # fmt: skip
    assert publish_mark(home, 4).generation == 2


def test_works_without_hard_links(home, monkeypatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError("no hard links here")

    monkeypatch.setattr(publisher.os, "link", no_links)
    publish_mark(home, 1)
    publish_mark(home, 2)
    assert current_generation(home.published).number == 2
    assert rollback(home, "back").generation == 1
    assert published_marks(home) == {1}


def test_a_home_put_back_from_a_backup_knows_its_generation(home, tmp_path: Path) -> None:
    publish_mark(home, 1)
    publish_mark(home, 2)
    back = tmp_path / "back"
    # neither links nor times; without its generation, new files and marts would be compared with nothing
    shutil.copytree(home.published, back, symlinks=True, copy_function=shutil.copyfile)
    assert current_generation(back).number == 2


def test_full_disk_publishes_nothing_and_says_so(home, monkeypatch) -> None:
    publish_mark(home, 1)
    record = toy.green_build(home, 2)

    def full(*_: object) -> None:
        raise duckdb.IOException("IO Error: Could not write file: No space left on device")

    monkeypatch.setattr(publisher, "export_parquet", full)
    with pytest.raises(EnvironmentProblemError, match="full"):
        publish(home, record, "full-disk")
    assert published_marks(home) == {1}
    assert not (home.published / "generations" / ".making").exists()
    monkeypatch.undo()
    publish(home, record, "again")
    assert published_marks(home) == {2}


def test_next_run_mends_what_a_kill_left_between_the_steps(home, monkeypatch) -> None:
    """Killed after the file was swapped: Parquet of the old generation, no ledger row; both are made good."""
    publish_mark(home, 1)
    record = toy.green_build(home, 2)
    old_parquet = (home.published / "parquet").readlink()
    monkeypatch.setattr(publisher.ledger, "append", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        publish(home, record, "killed")
    monkeypatch.undo()
    (home.published / "parquet").unlink()
    (home.published / "parquet").symlink_to(old_parquet)
    (home.published / ".marts.duckdb.1234.tmp").write_bytes(b"half")
    (home.published / "marts.duckdb.wal").write_bytes(b"foreign")
    assert rollback(home, "after").generation == 1
    assert [(row.status, row.generation) for row in read_ledger(home)] == [
        ("published", 1), ("published", 2), ("rolled_back", 1),
    ]  # fmt: skip
    assert (home.published / "parquet").resolve().parent.name == "000001"
    assert sorted(path.name for path in home.published.iterdir()) == ["generations", "marts.duckdb", "parquet"]


def test_next_run_writes_down_a_rollback_that_was_killed_before_its_row(home, monkeypatch) -> None:
    publish_mark(home, 1)
    publish_mark(home, 2)
    monkeypatch.setattr(publisher.ledger, "append", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        rollback(home, "killed")
    monkeypatch.undo()
    assert published_marks(home) == {1}
    publish_mark(home, 3)
    assert [(row.status, row.generation) for row in read_ledger(home)] == [
        ("published", 1), ("published", 2), ("rolled_back", 1), ("published", 3),
    ]  # fmt: skip


def test_a_generation_that_was_made_but_never_put_in_place_is_dropped(home) -> None:
    publish_mark(home, 1)
    first = generations(home.published)[0].folder
    shutil.copytree(first, first.with_name("000002"))
    publish_mark(home, 3)
    assert [g.number for g in generations(home.published)] == [1, 2]
    assert toy.marks(generations(home.published)[1].marts) == {3}
