"""Compare the marts of two builds row by row, whatever engine built them.

Rows are compared as multisets. Floating-point numbers are equal when their first nine digits agree, because engines
add in different orders. Everything else must be identical.
"""
# ruff: noqa: S608 (statements are made of quoted identifiers only)

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
from pydantic import BaseModel

from segmentry.comparison.renames import Columns, Renames
from segmentry.dbt.manifest import MART_SCHEMAS
from segmentry.duck import bounded
from segmentry.errors import UsageError
from segmentry.files import quoted
from segmentry.progress import Progress

NOT_COMPARED = {"trust.publish_ledger": "records publishing, not the raw files"}
_DIGITS = 9
# two neighbouring numbers of that many digits may be one value on either side of an edge
_EDGE = 2 * 10.0 ** (1 - _DIGITS)
# with more different rows than this, rounding is not the reason
_EXAMINED = 20_000
_EXAMPLES = 5
# rows of the other side that are searched for the most similar one
_CANDIDATES = 500
_SHOWN_EQUAL = 4


class Example(BaseModel):
    """A row without an equal: its first columns, and those (value in A, in B) that differ from the closest row."""

    where: dict[str, Any]
    differs: dict[str, tuple[Any, Any]]


class TableComparison(BaseModel):
    """Rows of both sides, and how many have no equal on the other. `problem` says why rows could not be compared."""

    name: str
    rows_a: int = 0
    rows_b: int = 0
    only_a: int = 0
    only_b: int = 0
    problem: str = ""
    skipped: str = ""
    examples: list[Example] = []

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs."""
        return not self.problem and not self.only_a and not self.only_b


def compare(
    file_a: Path, file_b: Path, on_progress: Progress | None = None, renames: Renames | None = None
) -> list[TableComparison]:
    """Compare every mart of two DuckDB files, by the names of B. Raises UsageError without a file or a mart."""
    for path in (file_a, file_b):
        if not path.is_file():
            raise UsageError(f"there is no {path}", "Build that target first: `segmentry build --target TARGET`.")
    renames = renames or Renames()
    with bounded(duckdb.connect(), spill=file_a.parent / "tmp") as connection:
        connection.execute("set TimeZone = 'UTC'")
        for alias, path in (("a", file_a), ("b", file_b)):
            connection.execute(f"attach '{quoted(path)}' as {alias} (read_only)")
        tables_a, tables_b = _tables(connection, "a"), _tables(connection, "b")
        if not tables_a and not tables_b:
            raise UsageError("neither side holds a mart", "Run `segmentry build`.")
        renames.check(tables_a, tables_b)
        expected = {renames.tables.get(old, old) for old in tables_a.keys() - {*renames.dropped_tables}}
        names = sorted(expected | tables_b.keys() - {*renames.added_tables})
        results = []
        for index, name in enumerate(names):
            if on_progress:
                on_progress(name, index, len(names))
            columns_a = tables_a.get(renames.old_table(name))
            results.append(_compare_table(connection, renames, name, columns_a, tables_b.get(name)))
        return results


def _tables(connection: duckdb.DuckDBPyConnection, alias: str) -> dict[str, Columns]:
    """The columns of each mart."""
    found: dict[str, Columns] = {}
    rows = connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns()"
        " where database_name = ? and list_contains(?, schema_name) order by column_index",
        [alias, list(MART_SCHEMAS)],
    ).fetchall()
    for table, column, type_ in rows:
        found.setdefault(table, {})[column] = type_
    return found


def _compare_table(
    connection: duckdb.DuckDBPyConnection,
    renames: Renames,
    name: str,
    columns_a: Columns | None,
    columns_b: Columns | None,
) -> TableComparison:
    result = TableComparison(name=name, skipped=NOT_COMPARED.get(name, ""))
    if result.skipped:
        return result
    if columns_a is None or columns_b is None:
        return result.model_copy(update={"problem": f"only in {'A' if columns_b is None else 'B'}"})
    added, dropped = renames.added_columns.get(name, []), renames.dropped_columns.get(name, [])
    new_names = renames.columns.get(name, {})
    before = {new_names.get(column, column): type_ for column, type_ in columns_a.items() if column not in dropped}
    after = {column: type_ for column, type_ in columns_b.items() if column not in added}
    if before != after:
        unlike = sorted(c for c in before.keys() | after.keys() if before.get(c) != after.get(c))
        sides = ", ".join(f"{c} ({before.get(c, 'none')} / {after.get(c, 'none')})" for c in unlike)
        return result.model_copy(update={"problem": f"columns differ: {sides}"})
    values = renames.values.get(name, {})
    relations = {
        "a": (renames.old_table(name), {c: _renamed(renames.old_column(name, c), values.get(c, {})) for c in after}),
        "b": (name, {c: _identifier(c) for c in after}),
    }
    for alias, (table, expressions) in relations.items():
        relation = ".".join(_identifier(part) for part in table.split(".", 1))
        normal = ", ".join(f"{_normal(expressions[c], type_)} as {_identifier(c)}" for c, type_ in after.items())
        connection.execute(f"create or replace temp view side_{alias} as select {normal} from {alias}.{relation}")
        result = result.model_copy(update={f"rows_{alias}": _count(connection, f"side_{alias}")})
    for this, other in (("a", "b"), ("b", "a")):
        unmatched = f"select * from side_{this} except all select * from side_{other}"
        connection.execute(f"create or replace temp table only_{this} as {unmatched}")
    rest = {side: _rows(connection, f"only_{side}") for side in ("a", "b")}
    more = {side: _count(connection, f"only_{side}") - len(rest[side]) for side in ("a", "b")}
    if not any(more.values()):
        rest["a"], rest["b"] = _without_rounding(rest["a"], rest["b"])
    examples = [_example(row, rest["b"], swap=False) for row in rest["a"][:_EXAMPLES]]
    if not examples:
        examples = [_example(row, [], swap=True) for row in rest["b"][:_EXAMPLES]]
    only = {f"only_{side}": len(rest[side]) + more[side] for side in ("a", "b")}
    return result.model_copy(update={**only, "examples": examples})


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _renamed(column: str, values: Mapping[str, str]) -> str:
    """A column of side A with the values that side B has for them."""
    name = _identifier(column)
    if not values:
        return name
    cases = " ".join(f"when {_text(old)} then {_text(new)}" for old, new in values.items())
    return f"case {name} {cases} else {name} end"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _normal(value: str, type_: str) -> str:
    """Floating-point numbers cut to their first digits, so that equal rows meet. Rows at an edge are checked again."""
    if type_ not in {"DOUBLE", "FLOAT"}:
        return value
    digits = f"{_DIGITS} - cast(ceil(log10(abs({value}))) as integer)"
    return f"case when {value} = 0 then 0.0 when isfinite({value}) then round({value}, {digits}) else {value} end"


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    (rows,) = connection.execute(f"select count(*) from {relation}").fetchone() or (0,)
    return int(rows)


def _rows(connection: duckdb.DuckDBPyConnection, relation: str) -> list[dict[str, Any]]:
    result = connection.execute(f"select * from {relation} order by all limit {_EXAMINED}")
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _without_rounding(
    rows_a: list[dict[str, Any]], rows_b: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Remove the pairs that differ only in how a floating-point number was cut."""
    by_exact: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows_b:
        by_exact.setdefault(_exact(row), []).append(row)
    left = []
    for row in rows_a:
        candidates = by_exact.get(_exact(row), [])
        twin = next((c for c in candidates if all(_same(row[name], c[name]) for name in row)), None)
        if twin is None:
            left.append(row)
        else:
            candidates.remove(twin)
    return left, [row for rows in by_exact.values() for row in rows]


def _exact(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple("float" if isinstance(value, float) else value for value in row.values())


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        both_nan = math.isnan(one) and math.isnan(other)
        return both_nan or math.isclose(one, other, rel_tol=_EDGE)
    return bool(one == other)


def _example(row: dict[str, Any], others: list[dict[str, Any]], *, swap: bool) -> Example:
    closest = max(others[:_CANDIDATES], key=lambda o: sum(_same(row[n], o[n]) for n in row), default=dict.fromkeys(row))
    differs = {n: (row[n], closest[n]) for n in row if not _same(row[n], closest[n])}
    if swap:
        differs = {name: (other, own) for name, (own, other) in differs.items()}
    where = {name: row[name] for name in row if name not in differs}
    return Example(where=dict(list(where.items())[:_SHOWN_EQUAL]), differs=differs)
