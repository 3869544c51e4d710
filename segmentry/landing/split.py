"""Split the rows of a source into accepted and quarantined ones, written as Parquet by DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from segmentry.contracts import Column, Contract
from segmentry.landing.cells import MAX_JSON_BYTES, cell, is_placeholder
from segmentry.landing.codes import CURRENCIES_WITHOUT_DECIMALS
from segmentry.landing.source import Source, identifier, literal

ROW_GROUP_ROWS = 122_880
_HAPPENED = {
    "occurred_at", "received_at", "updated_at", "created_at", "first_responded_at", "solved_at", "responded_at",
    "touched_at", "opened_at", "clicked_at", "exposed_at", "measured_at", "decided_at", "requested_at", "signed_up_at",
}  # fmt: skip
"""Timestamps of past events. One more than a day after the row became known means a wrong clock."""
EARLIEST = date(2000, 1, 1)
"""A past event before this day means a wrong clock too, unless the contract names another day."""


@dataclass(frozen=True)
class Lineage:
    """Where rows come from, written with each row. ``landed_at`` is naive UTC."""

    feed: str
    batch_id: str
    file_name: str
    load_id: int
    landed_at: datetime

    @property
    def instant(self) -> str:
        """SQL of ``landed_at``."""
        return f"timestamp {literal(self.landed_at.isoformat(sep=' '))}"


def write_accepted(
    connection: duckdb.DuckDBPyConnection, contract: Contract, source: Source, lineage: Lineage, target: Path
) -> int:
    """Write the valid rows. Returns how many the file contains; without rows there is no file."""
    columns = ", ".join(identifier(column.name) for column in contract.columns)
    sql = f"""select {columns}, {_extra(contract, source)} as _extra,
    {literal(lineage.batch_id)} as _batch_id, {literal(lineage.file_name)} as _file,
    _row::bigint as _row, {lineage.load_id}::bigint as _load_id, {lineage.instant} as _landed_at
from ({checked_rows(contract, source, lineage)})
where not _is_bad"""  # noqa: S608
    return _copy(connection, sql, target)


def write_quarantined(
    connection: duckdb.DuckDBPyConnection, contract: Contract, source: Source, lineage: Lineage, target: Path
) -> int:
    """Write the bad rows with their reasons. Returns how many the file contains; without rows there is no file."""
    cells = [(index, column) for index, column in enumerate(contract.columns) if column.name in source.columns]
    codes = [f"_r{index} || ':{column.name}'" for index, column in cells]
    codes += [
        f"case when {is_placeholder(column, index)} then 'placeholder_id:{column.name}' end"
        for index, column in cells
        if column.placeholders and not column.required
    ]
    codes += [f"case when {condition} then {literal(code)} end" for code, condition in _cross_checks(contract)]
    rules = [f"case when ({rule.sql}) is not true then {literal(rule.code)} end" for rule in contract.row_rules]
    # A row rule over a cell that did not cast would say nothing new.
    all_codes = f"[{', '.join(codes)}] || case when _is_bad_cell then [] else [{', '.join(rules)}]::varchar[] end"
    members = ", ".join(f"{literal(source.columns[column.name].header)}, _s{index}::varchar" for index, column in cells)
    # Merged onto an empty object, members without a value drop out.
    record = f"json_merge_patch(json_merge_patch('{{}}', json_object({members})), coalesce(_extra, '{{}}'))::varchar"
    sql = f"""select {literal(lineage.feed)} as feed, {literal(lineage.batch_id)} as _batch_id,
    {literal(lineage.file_name)} as _file, _row::bigint as _row, {lineage.load_id}::bigint as _load_id,
    {lineage.instant} as _landed_at,
    coalesce(_fault, array_to_string(list_sort(list_filter({all_codes}, lambda c: c is not null)), ',')) as reasons,
    case when _fault is null then {record} else json_object('_line', _line)::varchar end as record
from ({checked_rows(contract, source, lineage)})
where _is_bad"""  # noqa: S608
    return _copy(connection, sql, target)


def checked_rows(contract: Contract, source: Source, lineage: Lineage) -> str:
    """SQL of all rows with source cells, values, reason codes and ``_is_bad``. Layers keep expressions single."""
    given = [(i, column, source.columns[column.name]) for i, column in enumerate(contract.columns)
             if column.name in source.columns]  # fmt: skip
    cells = {i: cell(column, i, source_column.duckdb_type) for i, column, source_column in given}
    rows = [f"{source.row} as _row", f"{source.fault} as _fault", f"{source.line} as _line"]
    rows += [f"{source.extra} as _extra", *(f"{column.sql} as _o{i}" for i, _, column in given)]
    sources = [f"{c.source} as _s{i}" for i, c in cells.items()]
    texts = [f"{c.text} as _t{i}" for i, c in cells.items()]
    parts = [f"{sql} as {name}" for c in cells.values() for name, sql in c.parts.items()]
    values = [f"({c.value})::{contract.columns[i].physical_type} as _v{i}" for i, c in cells.items()]
    names = [f"{f'_v{i}' if i in cells else _null(column)} as {identifier(column.name)}"
             for i, column in enumerate(contract.columns)]  # fmt: skip
    reasons = [f"{c.reason} as _r{i}" for i, c in cells.items()]
    bad = [f"_r{i} is not null" for i in cells] + [f"coalesce({sql}, false)" for _, sql in _cross_checks(contract)]
    rules = " or ".join(f"({rule.sql}) is not true" for rule in contract.row_rules) or "false"
    return f"""select *, case when _fault is not null or _is_bad_cell then true else {rules} end as _is_bad
from (select *, {" or ".join(bad)} as _is_bad_cell
from (select *, {", ".join(names + reasons)}, {lineage.instant} as _known_at_latest
from (select *, {", ".join(values)}
from (select *{"".join(", " + part for part in parts)}
from (select *, {", ".join(texts)}
from (select *, {", ".join(sources)}
from (select {", ".join(rows)} from {source.relation})))))))"""  # noqa: S608


def check_contract(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Let DuckDB bind the contract's row rules over empty columns. Raises duckdb.Error for a rule it cannot bind."""
    columns = ", ".join(f"{_null(column)} as {identifier(column.name)}" for column in contract.columns)
    rules = ", ".join(f"({rule.sql}) is not true" for rule in contract.row_rules)
    if rules:
        connection.execute(f"select {rules} from (select {columns}) where false").fetchall()  # noqa: S608


def _cross_checks(contract: Contract) -> Sequence[tuple[str, str]]:
    """Checks over several columns as (code:column, SQL over typed columns)."""
    names = {column.name for column in contract.columns}
    checks = [("too_long:_extra", f"strlen(_extra) > {MAX_JSON_BYTES}")]
    for column in contract.columns:
        name = identifier(column.name)
        if column.physical_type == "TIMESTAMP" and (column.name in _HAPPENED or column.name == contract.known_at):
            latest = "_known_at_latest"
            if contract.known_at == "received_at" and column.name != "received_at":
                latest = "coalesce(received_at, _known_at_latest)"
            checks.append((f"in_the_future:{column.name}", f"{name} > {latest} + interval 1 day"))
            earliest = column.earliest or EARLIEST
            checks.append((f"too_long_ago:{column.name}", f"{name} < timestamp {literal(earliest.isoformat())}"))
        if column.decimals and column.unit in names:
            whole = ", ".join(literal(code) for code in sorted(CURRENCIES_WITHOUT_DECIMALS))
            condition = f"{identifier(column.unit or '')} in ({whole}) and {name} <> trunc({name})"
            checks.append((f"too_many_decimals:{column.name}", condition))
    for group in contract.require_one_of:
        nothing = " and ".join(f"{identifier(name)} is null" for name in group)
        checks.append((f"missing_one_of:{'|'.join(group)}", nothing))
    return checks


def _extra(contract: Contract, source: Source) -> str:
    """SQL of ``_extra`` with the placeholders that stood where an id may be missing: no value is lost."""
    cells = {
        source.columns[column.name].header: (index, is_placeholder(column, index))
        for index, column in enumerate(contract.columns)
        if column.placeholders and column.name in source.columns
    }
    if not cells:
        return "_extra"
    members = ", ".join(
        f"{literal(header)}, case when {condition} then _s{index}::varchar end"
        for header, (index, condition) in cells.items()
    )
    kept = f"json_merge_patch(coalesce(_extra, '{{}}'), json_object({members}))::varchar"
    return f"case when {' or '.join(condition for _, condition in cells.values())} then {kept} else _extra end"


def _null(column: Column) -> str:
    return f"null::{column.physical_type}"


def _copy(connection: duckdb.DuckDBPyConnection, sql: str, target: Path) -> int:
    connection.execute(
        f"copy ({sql}) to {literal(target)} (format parquet, compression zstd, row_group_size {ROW_GROUP_ROWS})"
    )
    rows = int(pq.read_metadata(target).num_rows)
    if rows == 0:
        target.unlink()
    return rows
