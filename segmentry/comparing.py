"""Are two builds of the same raw files equal, mart by mart and row by row, whatever engine made them?

Rows are compared as multisets. Floating points are equal when their first nine digits are: engines add in different
orders. Everything else must be the same to the last bit.
"""
# ruff: noqa: S608 (statements are made of quoted identifiers only)

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from pydantic import BaseModel

from segmentry.duck import bounded
from segmentry.errors import UsageError
from segmentry.files import quoted
from segmentry.publishing.generation import MART_SCHEMAS

Progress = Callable[[str, int, int], None]

NOT_COMPARED = {"trust.publish_ledger": "tells of acts of publishing, not of the raw files"}
_DIGITS = 9
# two neighbours of that many digits, which stand for values on either side of an edge
_EDGE = 2 * 10.0 ** (1 - _DIGITS)
# beyond so many rows nobody asks whether an edge was the reason
_EXAMINED = 20_000
_EXAMPLES = 5
# rows of the other side among which the most similar one is looked for
_CANDIDATES = 500
_SHOWN_EQUAL = 4


class Example(BaseModel):
    """A row that has no equal: its first columns, and those (value in A, in B) that differ from its likest row."""

    where: dict[str, Any]
    differs: dict[str, tuple[Any, Any]]


class TableComparison(BaseModel):
    """Rows on both sides, and how many of either have no equal on the other. `problem`: why rows were not compared."""

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


def compare(file_a: Path, file_b: Path, on_progress: Progress | None = None) -> list[TableComparison]:
    """Every mart of either DuckDB file. Raises UsageError where a file is missing or holds no mart."""
    for path in (file_a, file_b):
        if not path.is_file():
            raise UsageError(f"there is no {path}", "Build that target first: `segmentry build --target TARGET`.")
    with bounded(duckdb.connect(), spill=file_a.parent / "tmp") as connection:
        connection.execute("set TimeZone = 'UTC'")
        for alias, path in (("a", file_a), ("b", file_b)):
            connection.execute(f"attach '{quoted(path)}' as {alias} (read_only)")
        tables = {alias: _tables(connection, alias) for alias in ("a", "b")}
        names = sorted(set(tables["a"]) | set(tables["b"]))
        if not names:
            raise UsageError("neither side holds a mart", "Run `segmentry build`.")
        results = []
        for index, name in enumerate(names):
            if on_progress:
                on_progress(name, index, len(names))
            results.append(_compare_table(connection, name, tables["a"].get(name), tables["b"].get(name)))
        return results


def _tables(connection: duckdb.DuckDBPyConnection, alias: str) -> dict[str, dict[str, str]]:
    """Columns with types of each mart."""
    found: dict[str, dict[str, str]] = {}
    rows = connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns()"
        " where database_name = ? and list_contains(?, schema_name) order by column_index",
        [alias, list(MART_SCHEMAS)],
    ).fetchall()
    for table, column, type_ in rows:
        found.setdefault(table, {})[column] = type_
    return found


def _compare_table(
    connection: duckdb.DuckDBPyConnection, name: str, columns_a: dict[str, str] | None, columns_b: dict[str, str] | None
) -> TableComparison:
    result = TableComparison(name=name, skipped=NOT_COMPARED.get(name, ""))
    if result.skipped:
        return result
    if columns_a is None or columns_b is None:
        return result.model_copy(update={"problem": f"only in {'A' if columns_b is None else 'B'}"})
    if columns_a != columns_b:
        unlike = sorted(c for c in columns_a.keys() | columns_b.keys() if columns_a.get(c) != columns_b.get(c))
        sides = ", ".join(f"{c} ({columns_a.get(c, 'none')} / {columns_b.get(c, 'none')})" for c in unlike)
        return result.model_copy(update={"problem": f"columns differ: {sides}"})
    relation = ".".join(f'"{part}"' for part in name.split(".", 1))
    normal = ", ".join(_normal(column, type_) for column, type_ in columns_a.items())
    for alias in ("a", "b"):
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


def _normal(column: str, type_: str) -> str:
    """Floating points cut to their first digits, so that equal rows meet; what stands at an edge is looked at again."""
    name = f'"{column}"'
    if type_ not in {"DOUBLE", "FLOAT"}:
        return name
    digits = f"{_DIGITS} - cast(ceil(log10(abs({name}))) as integer)"
    return f"case when {name} = 0 then 0.0 when isfinite({name}) then round({name}, {digits}) else {name} end as {name}"


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
    """Take out the pairs that differ only in how a floating point was cut."""
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
    likest = max(others[:_CANDIDATES], key=lambda o: sum(_same(row[n], o[n]) for n in row), default=dict.fromkeys(row))
    differs = {n: (row[n], likest[n]) for n in row if not _same(row[n], likest[n])}
    if swap:
        differs = {name: (other, own) for name, (own, other) in differs.items()}
    where = {name: row[name] for name in row if name not in differs}
    return Example(where=dict(list(where.items())[:_SHOWN_EQUAL]), differs=differs)
