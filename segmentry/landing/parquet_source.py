"""Parquet files, read in place by DuckDB: typed columns need no cast from text."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from segmentry.contracts import Contract
from segmentry.landing.admission import Incoming
from segmentry.landing.reasons import RefusedFileError
from segmentry.landing.source import Source, SourceColumn, identifier, literal, match_columns, read_parquet, shown_names

_NESTED = ("[]", "STRUCT", "MAP", "[", "UNION", "VARIANT")


def read_parquet_file(incoming: Incoming, contract: Contract, connection: duckdb.DuckDBPyConnection) -> Source:
    """Match a Parquet file's columns to the contract. Rows are counted by the file's footer."""
    try:
        footer = pq.ParquetFile(incoming.path)
        headers = footer.schema_arrow.names
        records = footer.metadata.num_rows
        footer.close()
    except (pa.ArrowException, OSError):
        raise RefusedFileError("unreadable_parquet") from None
    if any(not name.strip() or name.lower() == "file_row_number" for name in headers):
        raise RefusedFileError("unusable_column_name")
    found, extra = match_columns(contract, headers)
    if len({name.lower() for name in headers}) < len(headers):
        # DuckDB cannot tell apart columns of Parquet whose names differ in case only.
        raise RefusedFileError("duplicate_columns")
    relation = read_parquet(incoming.path, ", file_row_number=true")
    try:
        described = connection.execute(f"describe select * from {relation}").fetchall()  # noqa: S608
    except duckdb.Error:
        raise RefusedFileError("unreadable_parquet") from None
    types = {str(row[0]): str(row[1]) for row in described}
    columns = {}
    for name, position in found.items():
        header = headers[position]
        if types[header] == "BLOB":
            raise RefusedFileError("unsupported_type", (name,))
        sql, duckdb_type = _readable(header, types)
        columns[name] = SourceColumn(header.strip(), sql, duckdb_type)
    return Source(
        relation=relation,
        records=records,
        columns=columns,
        extra_columns=shown_names(list(extra)),
        row="file_row_number + 1",
        fault="null::varchar",
        line="null::varchar",
        extra=_extra_object({name: headers[position] for name, position in extra.items()}, types),
    )


def _readable(header: str, types: Mapping[str, str]) -> tuple[str, str]:
    """SQL of a column and its type; lists and objects as JSON text."""
    if any(mark in types[header] for mark in _NESTED):
        return f"to_json({identifier(header)})::varchar", "VARCHAR"
    return identifier(header), types[header]


def _extra_object(extra: Mapping[str, str], types: Mapping[str, str]) -> str:
    """SQL of the unknown columns as a JSON object of texts without empty ones, NULL when there are none."""
    if not extra:
        return "null::varchar"
    members = ", ".join(
        f"{literal(name)}, nullif({_readable(header, types)[0]}::varchar, '')" for name, header in sorted(extra.items())
    )
    return f"nullif(json_merge_patch('{{}}', json_object({members}))::varchar, '{{}}')"
