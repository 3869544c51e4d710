"""CSV and NDJSON, read record by record into a temporary Parquet file of text columns.

DuckDB's own CSV reader is not used: it maps given columns by position and can lose rows without a record. Here every
record gets a number and either its cells or a fault, so nothing can go missing between the file and the counts.
"""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Iterator, Mapping
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from segmentry.contracts import Contract
from segmentry.landing.admission import Incoming
from segmentry.landing.reasons import RefusedFileError
from segmentry.landing.source import (
    HeaderNames,
    Source,
    SourceColumn,
    match_columns,
    read_parquet,
    refuse_missing,
    shown_names,
)

_MAX_RECORD_CHARS = 32_000_000
_BATCH_RECORDS = 2_000  # few enough that a batch of Python strings stays in the processor's cache
_GROUP_RECORDS = 60_000
_GROUP_CHARS = 64_000_000
_KEPT_LINE_CHARS = 65_536

csv.field_size_limit(_MAX_RECORD_CHARS)


def read_text(incoming: Incoming, contract: Contract, stage_path: Path) -> Source:
    """Read a CSV or NDJSON file into ``stage_path``. Raises RefusedFileError."""
    names = [column.name for column in contract.columns]
    with incoming.open_text() as stream, _Stage(stage_path, len(names), incoming.manifest is not None) as stage:
        read = _read_csv if incoming.format == "csv" else _read_ndjson
        headers, extra_columns = read(stream, contract, stage)
    return Source(
        relation=read_parquet(stage_path),
        records=stage.records,
        columns={
            name: SourceColumn(headers[name], f"c{index}", "VARCHAR")
            for index, name in enumerate(names)
            if name in headers
        },
        extra_columns=shown_names(extra_columns),
        row="_row",
        fault="_fault",
        line="_line",
        extra="_extra",
    )


class _Stage:
    """Writes records in batches of bounded size: one text column per contract column, extras, fault and line."""

    def __init__(self, path: Path, width: int, is_vouched: bool) -> None:
        self.records = 0
        self._width = width
        self._is_vouched = is_vouched
        self._schema = pa.schema(
            [(f"c{index}", pa.string()) for index in range(width)]
            + [("_extra", pa.string()), ("_row", pa.int64()), ("_fault", pa.string()), ("_line", pa.string())]
        )
        self._writer = pq.ParquetWriter(path, self._schema, compression="snappy")
        self._rows: list[list[str | None]] = []
        self._faults: dict[int, tuple[str, str]] = {}
        self._lines: list[str] = []
        self._batches: list[pa.RecordBatch] = []
        self._first_of_group = 1
        self._chars = 0

    def __enter__(self) -> _Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._write()
        self._writer.close()

    def add(self, cells: list[str | None], line: str, fault: str | None = None) -> None:
        """Add a record: its cells in contract order and the extras, or a fault. A cut last line is always a fault."""
        if not self._is_vouched and not line.endswith(("\n", "\r")):
            fault = "unterminated_last_record"
        if fault:
            self._faults[len(self._rows)] = (fault, _printable(line))
            cells = [None] * (self._width + 1)
        self.records += 1
        self._rows.append(cells)
        self._lines.append(line)
        self._chars += len(line)
        if len(self._rows) >= _BATCH_RECORDS or self._chars >= _GROUP_CHARS:
            self._flush()
            if self._chars >= _GROUP_CHARS or self.records - self._first_of_group >= _GROUP_RECORDS:
                self._write()

    def _flush(self) -> None:
        if not self._rows:
            return
        try:
            columns = self._columns()
        except UnicodeEncodeError:
            for index, row in enumerate(self._rows):
                if any(cell and not _is_utf8(cell) for cell in row):
                    self._faults[index] = ("not_utf8_row", _printable(self._lines[index]))
                    self._rows[index] = [None] * (self._width + 1)
            columns = self._columns()
        first = self.records - len(self._rows) + 1
        faults: list[str | None] = [None] * len(self._rows)
        lines: list[str | None] = [None] * len(self._rows)
        for index, (fault, line) in self._faults.items():
            faults[index], lines[index] = fault, line
        columns += [pa.array(range(first, self.records + 1), pa.int64()), pa.array(faults, pa.string())]
        columns.append(pa.array(lines, pa.string()))
        self._batches.append(pa.record_batch(columns, schema=self._schema))
        self._rows, self._faults, self._lines = [], {}, []

    def _write(self) -> None:
        if self._batches:
            self._writer.write_table(pa.Table.from_batches(self._batches))
        self._batches, self._chars, self._first_of_group = [], 0, self.records + 1

    def _columns(self) -> list[pa.Array]:
        return [pa.array(cells, pa.string()) for cells in zip(*self._rows, strict=True)]


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _printable(line: str) -> str:
    """The line without its end, cut to what the quarantine keeps; bytes that are not UTF-8 as \\xNN."""
    return line[:_KEPT_LINE_CHARS].rstrip("\r\n").encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class _Lines:
    """Physical lines for csv.reader, remembering those of the record being read so that they can be read again."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._again: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._stream.readline(_MAX_RECORD_CHARS)
        if not line:
            raise StopIteration
        if len(line) >= _MAX_RECORD_CHARS:
            raise RefusedFileError("record_too_long")
        self.taken.append(line)
        return line

    def give_back_all_but_first(self) -> str:
        """Put the lines after the first back in front, and return the first."""
        self._again.extendleft(reversed(self.taken[1:]))
        return self.taken[0]


def _csv_records(lines: _Lines) -> Iterator[tuple[list[str] | None, str]]:
    """Records as (cells, text); (None, line) where quotes do not balance.

    A quote that is never closed, or closed in the middle of a cell, would swallow the lines after it: then the line it
    stands on is one bad record and reading goes on with the next line. Blank lines are not records.
    """
    reader = csv.reader(lines, strict=True)
    while True:
        lines.taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield None, lines.give_back_all_but_first()
            continue
        if cells:
            yield cells, lines.taken[0] if len(lines.taken) == 1 else "".join(lines.taken)


def _read_csv(stream: TextIO, contract: Contract, stage: _Stage) -> tuple[dict[str, str], list[str]]:
    """Fill the stage; return the header of each contract column found, and the names of the others."""
    records = _csv_records(_Lines(stream))
    header, line = next(records, (None, ""))
    if header is None:
        raise RefusedFileError("unreadable_header")
    if not _is_utf8(line):
        raise RefusedFileError("not_utf8_header")
    found, extra = match_columns(contract, header)
    positions = [found.get(column.name) for column in contract.columns]
    extras = sorted(extra.items())
    width = len(header)
    # One empty cell is put at the end of each record: columns that the file lacks are read from there.
    picked = [width if position is None else position for position in positions]
    for cells, line in records:
        if cells is None:
            stage.add([], line, "unbalanced_quotes")
        elif len(cells) != width:
            stage.add([], line, "ragged_row")
        else:
            cells.append("")
            row: list[str | None] = [cells[position] for position in picked]
            row.append(_object_text({name: cells[at] for name, at in extras if cells[at]}))
            stage.add(row, line)
    return {name: header[position] for name, position in found.items()}, list(extra)


class _Number(str):
    """A JSON number in the digits of the file: a float would change 0.10 and long amounts."""

    __slots__ = ()


class _DuplicateKeyError(ValueError):
    """An object names a key twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _DuplicateKeyError
    return members


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_Number, parse_int=_Number, parse_constant=_Number, strict=True
)


def _read_ndjson(stream: TextIO, contract: Contract, stage: _Stage) -> tuple[dict[str, str], list[str]]:
    """Fill the stage; return the key of each contract column found, and the names of the others."""
    position_of = {column.name: index for index, column in enumerate(contract.columns)}
    known = HeaderNames(contract)
    column_of: dict[str, str | None] = {}
    width = len(contract.columns)
    found: dict[str, str] = {}
    extra_names: set[str] = set()
    has_objects = False
    for line in _Lines(stream):
        if not line.strip(" \t\r\n"):
            continue
        members, fault = _decode(line)
        if members is None:
            stage.add([], line, fault)
            continue
        has_objects = True
        row: list[str | None] = [None] * (width + 1)
        filled: set[int] = set()
        extras: dict[str, str] = {}
        try:
            names = [key.strip() for key in members]
            for name, value in zip(names, members.values(), strict=True):
                if name not in column_of:
                    column_of[name] = known.column(name, names)
                column = column_of[name]
                if column is None:
                    extra_names.add(name)
                    if value is not None and (text := _cell_text(value)):
                        extras[name] = text
                    continue
                position = position_of[column]
                if position in filled:
                    fault = "duplicate_key"
                filled.add(position)
                found.setdefault(contract.columns[position].name, name)
                row[position] = None if value is None else _cell_text(value)
        except RecursionError:
            fault = "too_deep_json"
        row[width] = _object_text(dict(sorted(extras.items())))
        stage.add(row, line, fault)
    if has_objects:
        refuse_missing(contract, found)
    return found, sorted(extra_names)


def _decode(line: str) -> tuple[dict[str, Any] | None, str | None]:
    """The object of a line, or None and the reason code."""
    try:
        value = _DECODER.decode(line)
    except _DuplicateKeyError:
        return None, "duplicate_key"
    except RecursionError:
        return None, "too_deep_json"
    except ValueError:
        return None, "malformed_json"
    return (value, None) if isinstance(value, dict) else (None, "not_an_object")


def _cell_text(value: Any) -> str:
    """The text of a value; objects and lists as compact JSON."""
    if isinstance(value, str):
        return value
    return _json_text(value)


def _object_text(members: Mapping[str, str]) -> str | None:
    """Compact JSON of an object of texts; None when it has none."""
    if not members:
        return None
    return "{" + ",".join(f"{encode_basestring(k)}:{encode_basestring(v)}" for k, v in members.items()) + "}"


def _json_text(value: Any) -> str:
    """Compact JSON with numbers in their own digits."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{encode_basestring(key)}:{_json_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json_text, value)) + "]"
    return {True: "true", False: "false", None: "null"}[value]
