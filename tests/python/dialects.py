"""Renders the project as dbt would on an engine that nobody connects to.

A program of its own, so that its patches of dbt stay in its process. DuckDB in memory stands behind; what an adapter
decides is answered in its place: which macros it dispatches to, how it quotes, what it calls text. Feeds come as tables
of the engine (var `raw_schema`), every preset is on.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbt.adapters.base.relation import BaseRelation
from dbt.adapters.duckdb.impl import DuckDBAdapter
from dbt.adapters.factory import FACTORY
from dbt.cli.main import dbtRunner
from dbt.compilation import Compiler
from dbt.context.providers import BaseDatabaseWrapper

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Dialect:
    """An adapter's answers: prefixes of its macros, the sign around names, its type for text."""

    prefixes: tuple[str, ...]
    quote: str
    text: str


DIALECTS = {
    "snowflake": Dialect(("snowflake",), '"', "varchar"),
    "bigquery": Dialect(("bigquery",), "`", "string"),
    "redshift": Dialect(("redshift", "postgres"), '"', "varchar"),
    "databricks": Dialect(("databricks", "spark"), "`", "string"),
    "postgres": Dialect(("postgres",), '"', "text"),
}


class EveryPreset(str):
    """A preset's name that equals any other, so that the models of each are on; feeds are staged from `feeds`."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False


def _kind(node: Any) -> str:
    """The name of a generic test and its arguments but the column; nothing for other nodes."""
    generic = getattr(node, "test_metadata", None)
    if generic is None:
        return ""
    arguments = {name: value for name, value in generic.kwargs.items() if name not in {"model", "column_name"}}
    return json.dumps([generic.name, arguments], sort_keys=True)


def render(target: Path, names: list[str]) -> dict[str, dict[str, str]]:
    """Dialect -> file of a node -> its SQL. Generic tests of one kind are rendered once."""
    folders = {"project_dir": str(ROOT), "profiles_dir": str(ROOT), "target_path": str(target), "log_path": str(target)}
    variables = {"raw_schema": "landed", "preset": EveryPreset("feeds"), "reporting_timezone": "Europe/Berlin"}
    parsed = dbtRunner().invoke(["parse"], quiet=True, partial_parse=False, target="memory", vars=variables, **folders)
    if parsed.exception:
        raise parsed.exception
    manifest = parsed.result
    compiler = Compiler(FACTORY.lookup_adapter("duckdb").config)
    nodes = {}
    for node in manifest.nodes.values():
        if node.resource_type in {"model", "test"} and not node.original_file_path.endswith("config_lock_engine.sql"):
            nodes.setdefault(_kind(node) or node.original_file_path, node)

    rendered: dict[str, dict[str, str]] = {}
    for name in names:
        dialect = DIALECTS[name]
        BaseDatabaseWrapper._get_adapter_macro_prefixes = lambda self, found=dialect: [*found.prefixes, "default"]
        BaseRelation.quoted = lambda self, identifier, found=dialect: f"{found.quote}{identifier}{found.quote}"
        DuckDBAdapter.Column.translate_type = classmethod(
            lambda cls, dtype, found=dialect: found.text if dtype.upper() == "STRING" else dtype
        )
        # feeds are absent tables (their columns are cast from NULL), incremental models are there and grow
        DuckDBAdapter.get_relation = lambda self, database, schema, identifier: (
            None if schema == "landed" else self.Relation.create(database, schema, identifier, type="table")
        )
        DuckDBAdapter.get_columns_in_relation = lambda self, relation: []
        rendered[name] = {key: compiler._compile_code(node, manifest).compiled_code for key, node in nodes.items()}
    return rendered


if __name__ == "__main__":
    Path(sys.argv[1], "rendered.json").write_text(json.dumps(render(Path(sys.argv[1]), sys.argv[2:])), encoding="utf-8")
