"""Who is in which segment under given definitions: compiled to DuckDB's SQL, run read-only on the file of the build."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from segmentry.definitions.catalogue import read_features
from segmentry.definitions.compiler import Compiler
from segmentry.definitions.dialects import DuckDBSql
from segmentry.definitions.model import Definitions
from segmentry.duck import open_read_only
from segmentry.errors import BuildFailedError, LockedError
from segmentry.warehouse import BuildRecord

ENTITIES = ("account", "customer")
"""In the order of reading: customers have the segments of their accounts."""


@contextmanager
def build_file(record: BuildRecord) -> Iterator[duckdb.DuckDBPyConnection]:
    """The build file, read-only; temporary tables can be made beside it. Raises LockedError while a build writes."""
    try:
        connection = open_read_only(record.warehouse)
    except duckdb.IOException:
        raise LockedError(f"{record.warehouse} is being written", "Wait for the build to end.") from None
    with connection:
        yield connection


def members(connection: duckdb.DuckDBPyConnection, definitions: Definitions, project_dir: Path, label: str) -> None:
    """Make the temporary table `<label>_members`: entity_type, entity_id, dimension, segment_key, as of the build.

    Names of dimensions were held against their pattern when they were read; values are literals of the compiler.
    Raises BuildFailedError when the definitions read what the build lacks.
    """
    dialect = DuckDBSql({"int_account_segments": f'"{label}_account"'})
    compiler = Compiler(definitions, read_features(project_dir), dialect)
    parts = []
    for entity in ENTITIES:
        try:
            connection.execute(f'create temp table "{label}_{entity}" as {compiler.entity_segments(entity)}')
        except (duckdb.CatalogException, duckdb.BinderException, duckdb.ConversionException, KeyError) as error:
            raise BuildFailedError(
                f"the definitions of {label} do not fit the build: {error}",
                "Run `segmentry segments lint`, then `segmentry build` with this project.",
            ) from None
        for dimension in compiler.of(entity):
            key = dimension.name if dimension.exclusive else f"'{dimension.name}'"
            test = "true" if dimension.exclusive else dimension.column
            parts.append(
                f"select '{entity}' as entity_type, {entity}_id as entity_id, '{dimension.name}' as dimension,"  # noqa: S608
                f' {key} as segment_key from "{label}_{entity}" where is_current and {test}'
            )
    nothing = "select '' as entity_type, '' as entity_id, '' as dimension, '' as segment_key where false"
    connection.execute(f"create temp table {label}_members as {' union all '.join([*parts, nothing])}")
