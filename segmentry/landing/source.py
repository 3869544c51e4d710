"""A file's rows as a relation that DuckDB can read, whatever the format of the file."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from segmentry.contracts import Contract
from segmentry.landing.reasons import RefusedFileError

_SHOWN_NAME = re.compile(r"[A-Za-z_][\w .-]{0,62}")
_SHOWN_NAMES = 50


@dataclass(frozen=True)
class SourceColumn:
    """A column of the file that the contract knows: its header there, the SQL that reads it and that SQL's type."""

    header: str
    sql: str
    duckdb_type: str


@dataclass(frozen=True)
class Source:
    """Rows to check: ``records`` as counted by the reader; ``row``, ``fault``, ``line`` and ``extra`` are SQL."""

    relation: str
    records: int
    columns: Mapping[str, SourceColumn]
    extra_columns: tuple[str, ...]
    row: str
    fault: str
    line: str
    extra: str


def match_columns(contract: Contract, headers: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Positions of the contract's columns, and of the other columns by name. Raises RefusedFileError.

    A header counts by its exact name, or in another case if no header has the exact name. Messages name columns of the
    contract only: in a file without a header, the "names" are values.
    """
    names = [raw.strip() for raw in headers]
    known = HeaderNames(contract)
    found: dict[str, int] = {}
    extra: dict[str, int] = {}
    duplicates: list[str] = []
    for position, header in enumerate(names):
        name = header or f"column_{position + 1}"
        column = known.column(name, names)
        target, key = (found, column) if column else (extra, name)
        if key in target:
            duplicates.append(column or "")
        target[key] = position
    refuse_missing(contract, found)
    if duplicates:
        raise RefusedFileError("duplicate_columns", tuple(name for name in duplicates if name))
    return found, extra


class HeaderNames:
    """The contract's columns by the names in a file: exact names, or another case of a name that is not there."""

    def __init__(self, contract: Contract) -> None:
        """Read the names that files may give the columns."""
        self._exact = {header: column.name for column in contract.columns for header in column.header_names}
        self._any_case = {header.lower(): column for header, column in self._exact.items()}

    def column(self, name: str, names: Collection[str]) -> str | None:
        """The column of one of the file's names, or None."""
        if name in self._exact:
            return self._exact[name]
        column = self._any_case.get(name.lower())
        return None if column in {self._exact.get(other) for other in names} else column


def refuse_missing(contract: Contract, found: Collection[str]) -> None:
    """Raise RefusedFileError when a required column, or every column of a require-one-of group, is not there."""
    missing = [column.name for column in contract.columns if column.required and column.name not in found]
    missing += [name for group in contract.require_one_of if not set(group) & set(found) for name in group]
    if missing:
        raise RefusedFileError("missing_columns", tuple(dict.fromkeys(missing)))


def shown_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names of extra columns that may be shown: at most 50, and only those that look like names."""
    return tuple(name if _SHOWN_NAME.fullmatch(name) else "(odd name)" for name in sorted(names)[:_SHOWN_NAMES])


def literal(text: str | Path) -> str:
    """A SQL string literal."""
    return "'" + str(text).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def read_parquet(path: Path, options: str = "") -> str:
    """Table function that reads one Parquet file. Folder names are not columns."""
    return f"read_parquet([{literal(path)}], hive_partitioning=false{options})"
