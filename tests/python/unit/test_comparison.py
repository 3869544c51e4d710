"""Comparing two builds: what counts as equal, and that a difference is found and shown."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from segmentry.cli import app
from segmentry.comparison import NOT_COMPARED, TableComparison, compare, read_renames
from segmentry.errors import UsageError

ROWS = """
    select * from (values
        (1, 'ä', 0.1 + 0.2, 10.00::decimal(18, 2), date '2026-01-01', timestamp '2026-01-01 12:00:00'),
        (2, null, null, null, null, null),
        (2, null, null, null, null, null),
        (3, 'c', -0.0::double, -1.50, date '2026-01-02', timestamp '2026-01-01 12:00:00.000001')
    ) as t (id, name, share, amount, day, instant)
"""


def marts(path: Path, rows: str = ROWS, table: str = "kpi_toy", more: str = "") -> Path:
    """A DuckDB file with one mart."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema kpis; create schema trust; create schema staging")
        connection.execute(f"create table kpis.{table} as {rows}; {more}")
    return path


def only(results: list[TableComparison]) -> TableComparison:
    (result,) = results
    return result


def against(tmp_path: Path, change: str) -> TableComparison:
    """ROWS against ROWS after a statement."""
    one, other = marts(tmp_path / "one.duckdb"), marts(tmp_path / "other.duckdb", more=change)
    return only(compare(one, other))


def test_the_same_rows_in_another_order_are_equal(tmp_path: Path) -> None:
    other = marts(tmp_path / "b.duckdb", f"select * from ({ROWS}) order by id desc")
    result = only(compare(marts(tmp_path / "a.duckdb"), other))
    assert result.is_equal
    assert (result.rows_a, result.rows_b) == (4, 4)


@pytest.mark.parametrize(
    "change",
    [
        "update kpis.kpi_toy set share = 0.3 where id = 1",  # the last bits of a sum
        "update kpis.kpi_toy set share = 0.0 where id = 3",  # minus zero
    ],
)
def test_how_a_floating_point_was_added_up_does_not_matter(tmp_path: Path, change: str) -> None:
    assert against(tmp_path, change).is_equal


def test_two_sides_of_a_rounding_edge_are_equal(tmp_path: Path) -> None:
    one = marts(tmp_path / "a.duckdb", "select 1 as id, 1.2345678949999999::double as share")
    other = marts(tmp_path / "b.duckdb", "select 1 as id, 1.2345678950000001::double as share")
    assert only(compare(one, other)).is_equal


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ("update kpis.kpi_toy set share = 0.3000001 where id = 1", "share"),
        ("update kpis.kpi_toy set amount = 10.01 where id = 1", "amount"),
        ("update kpis.kpi_toy set name = 'a' where id = 1", "name"),
        ("update kpis.kpi_toy set name = null where id = 1", "name"),
        ("update kpis.kpi_toy set instant = timestamp '2026-01-01 12:00:00' where id = 3", "instant"),
    ],
)
def test_every_other_change_is_found_with_its_column(tmp_path: Path, change: str, column: str) -> None:
    result = against(tmp_path, change)
    assert (result.only_a, result.only_b) == (1, 1)
    (example,) = result.examples
    assert set(example.differs) == {column}
    assert example.where["id"] in {1, 3}


def test_a_row_too_many_is_found_also_when_it_is_a_copy(tmp_path: Path) -> None:
    result = against(tmp_path, "insert into kpis.kpi_toy select * from kpis.kpi_toy where id = 2 limit 1")
    assert (result.rows_a, result.rows_b, result.only_a, result.only_b) == (4, 5, 0, 1)
    assert result.examples[0].differs["id"] == (None, 2)


def test_columns_types_and_missing_marts_are_differences(tmp_path: Path) -> None:
    assert (
        "amount (DECIMAL(18,2) / DOUBLE)"
        in against(tmp_path, "alter table kpis.kpi_toy alter amount type double").problem
    )
    more = marts(tmp_path / "more.duckdb", more="create table trust.ledger as select 1 as n")
    results = {result.name: result for result in compare(marts(tmp_path / "few.duckdb"), more)}
    assert results["trust.ledger"].problem == "only in B"
    assert results["kpis.kpi_toy"].is_equal


def test_tables_below_the_marts_and_the_ledger_of_publishing_are_left_out(tmp_path: Path) -> None:
    (skipped,) = NOT_COMPARED
    more = "create table staging.stg as select 1 as n; create table {} as select {} as n"
    one = marts(tmp_path / "a.duckdb", more=more.format(skipped, 1))
    other = marts(tmp_path / "b.duckdb", more=more.format(skipped, 2))
    results = {result.name: result for result in compare(one, other)}
    assert set(results) == {"kpis.kpi_toy", skipped}
    assert results[skipped].skipped


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"b\.duckdb"):
        compare(marts(tmp_path / "a.duckdb"), tmp_path / "b.duckdb")


def test_the_command_shows_the_difference_and_exits_with_1(tmp_path: Path) -> None:
    one = marts(tmp_path / "one.duckdb")
    other = marts(tmp_path / "other.duckdb", more="update kpis.kpi_toy set amount = 12 where id = 1")
    arguments = ["--home", str(tmp_path / "home"), "compare", str(one)]
    different = CliRunner().invoke(app, [*arguments, str(other)])
    assert different.exit_code == 1
    assert "amount: 10.00 / 12.00" in different.output
    assert "0 of 1 marts are equal" in different.output
    same = CliRunner().invoke(app, [*arguments, str(one)])
    assert same.exit_code == 0, same.output
    assert "1 of 1 marts are equal (4 rows compared)" in same.output


OLD = "select 1 as id, 10 as live_at_start, 'clv_historic' as metric, 5 as gone"
NEW = "select 1 as id, 10 as opening_accounts, 'historical_clv' as metric, 7 as extra"
RENAMES = """
    tables: {kpis.kpi_old: kpis.kpi_new}
    dropped_tables: [trust.gone]
    added_tables: [trust.extra]
    columns: {kpis.kpi_new: {live_at_start: opening_accounts}}
    dropped_columns: {kpis.kpi_new: [gone]}
    added_columns: {kpis.kpi_new: [extra]}
    values: {kpis.kpi_new: {metric: {clv_historic: historical_clv}}}
"""


def renamed(tmp_path: Path, text: str = RENAMES, new: str = NEW) -> list[TableComparison]:
    """OLD before against NEW after the renames of a file."""
    tmp_path.mkdir(exist_ok=True)
    path = tmp_path / "renames.yml"
    path.write_text(text, encoding="utf-8")
    before = marts(tmp_path / "a.duckdb", OLD, "kpi_old", "create table trust.gone as select 1 as n")
    after = marts(tmp_path / "b.duckdb", new, "kpi_new", "create table trust.extra as select 1 as n")
    return compare(before, after, renames=read_renames(path))


def test_a_renamed_mart_is_compared_under_its_new_name(tmp_path: Path) -> None:
    result = only(renamed(tmp_path))
    assert result.is_equal, result.problem
    assert (result.name, result.rows_a, result.rows_b) == ("kpis.kpi_new", 1, 1)


def test_a_changed_figure_is_found_across_a_rename(tmp_path: Path) -> None:
    result = only(renamed(tmp_path, new=NEW.replace("10 as", "11 as")))
    assert (result.only_a, result.only_b) == (1, 1)
    assert result.examples[0].differs == {"opening_accounts": (10, 11)}


def test_what_the_renames_leave_out_is_a_difference(tmp_path: Path) -> None:
    result = only(renamed(tmp_path, RENAMES.replace("dropped_columns: {kpis.kpi_new: [gone]}", "")))
    assert result.problem == "columns differ: gone (INTEGER / none)"
    names = {result.name for result in renamed(tmp_path / "two", RENAMES.replace("dropped_tables: [trust.gone]", ""))}
    assert names == {"kpis.kpi_new", "trust.gone"}


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("kpi_old:", "kpi_odl:", "A has no kpis.kpi_odl"),
        ("trust.extra", "trust.extras", "B has no trust.extras"),
        ("live_at_start:", "live_at:", "A has no kpis.kpi_new.live_at"),
        ("{metric:", "{metrics:", "B has no kpis.kpi_new.metrics"),
        ("dropped_tables", "removed_tables", "removed_tables: Extra inputs are not permitted"),
    ],
)
def test_a_misspelled_rename_is_refused(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        renamed(tmp_path, RENAMES.replace(right, wrong))


def test_the_command_reads_the_renames(tmp_path: Path) -> None:
    renames = tmp_path / "renames.yml"
    renames.write_text("columns: {kpis.kpi_toy: {a: b}}", encoding="utf-8")
    one, other = marts(tmp_path / "a.duckdb", "select 1 as a"), marts(tmp_path / "b.duckdb", "select 1 as b")
    arguments = ["--home", str(tmp_path / "home"), "compare", str(one), str(other)]
    assert CliRunner().invoke(app, arguments).exit_code == 1
    same = CliRunner().invoke(app, [*arguments, "--renames", str(renames)])
    assert same.exit_code == 0, same.output
