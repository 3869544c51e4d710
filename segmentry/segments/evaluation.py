"""Who is in which segment under given definitions: compiled by dbt with the build's macros, run read-only on its file.

The definitions go into a copy of the project, so neither the working tree nor the build is touched.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import yaml

from segmentry.duck import open_read_only
from segmentry.errors import BuildFailedError, LockedError
from segmentry.segments.definitions import FOLDER, Definitions
from segmentry.warehouse import BuildRecord

Metas = Mapping[str, Mapping[str, Any]]
"""Model name -> its `config.meta`."""

MODELS = {"account": "int_account_segments", "customer": "int_customer_segments"}
"""In the order of reading: customers have the segments of their accounts."""

_COPIED = ("models", "macros", "seeds", "tests/dbt/generic", "dbt_project.yml", "profiles.yml")
# what compiling segments does not need costs most of the time to parse
_LEFT_OUT = shutil.ignore_patterns("*unit_tests.yml", "semantic", "exposures.yml")


def metas_of(definitions: Definitions) -> Metas:
    """The definitions by model, as they were read."""
    return {
        dimension.model: json.loads(json.dumps(dimension.source, default=str)) for dimension in definitions.dimensions
    }


class Compiler:
    """Compiles definitions to SQL in a copy of a project."""

    def __init__(self, project_dir: Path, copy: Path, record: BuildRecord) -> None:
        """Copy what compiling needs; `record` says with which vars the data was built."""
        self._copy, self._vars = copy, record.vars
        for name in _COPIED:
            source = project_dir / name
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=_LEFT_OUT)
            elif source.is_file():
                shutil.copyfile(source, copy / name)

    def queries(self, metas: Metas, label: str) -> dict[str, str]:
        """Entity -> query of its segments at every as-of date. Raises BuildFailedError with dbt's message."""
        self._write(metas)
        target = self._copy / "target"
        command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--quiet", "--no-use-colors", "compile"]
        command += ["--project-dir", str(self._copy), "--profiles-dir", str(self._copy), "--target", "duckdb"]
        command += ["--target-path", str(target), "--log-path", str(self._copy / "logs")]
        command += ["--vars", json.dumps(self._vars), "--select", *MODELS.values()]
        # an empty warehouse of the same name: the build's own is not opened
        (self._copy / "home" / "warehouse").mkdir(parents=True, exist_ok=True)
        environment = os.environ | {
            "SEGMENTRY_HOME": str(self._copy / "home"),
            "SEGMENTRY_WAREHOUSE": "segmentry.duckdb",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
        result = subprocess.run(command, cwd=self._copy, env=environment, capture_output=True, text=True, check=False)
        if result.returncode:
            raise BuildFailedError(
                f"the definitions of {label} do not compile: {(result.stdout + result.stderr).strip()}",
                "Run `segmentry segments lint`, then `dbt parse`.",
            )
        return {entity: self._compiled(target, model) for entity, model in MODELS.items()}

    def _compiled(self, target: Path, model: str) -> str:
        (path,) = (target / "compiled").rglob(f"{model}.sql")
        return path.read_text(encoding="utf-8")

    def _write(self, metas: Metas) -> None:
        """Put these definitions, and no other, into the copy."""
        folder, missing = self._copy / FOLDER, dict(metas)
        for path in sorted(folder.rglob("*.y*ml")):
            document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
            for model in document.get("models") or []:
                config = model.get("config") or {}
                if model["name"] in missing:
                    model["config"] = {**config, "meta": missing.pop(model["name"])}
                elif "segments" in (config.get("meta") or {}):
                    model["config"] = {key: value for key, value in config.items() if key != "meta"}
            path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        added = [
            {"name": name, "config": {"meta": meta, "contract": {"enforced": False}}} for name, meta in missing.items()
        ]
        for model in added:
            (folder / f"{model['name']}.sql").write_text("select 1 as segment_key\n", encoding="utf-8")
        text = yaml.safe_dump({"version": 2, "models": added}, sort_keys=False) if added else ""
        (folder / "_of_the_base.yml").write_text(text, encoding="utf-8")


@contextmanager
def compiler(project_dir: Path, record: BuildRecord) -> Iterator[Compiler]:
    """A compiler that leaves nothing behind."""
    with TemporaryDirectory(prefix="segmentry-segments-") as copy:
        yield Compiler(project_dir, Path(copy), record)


@contextmanager
def build_file(record: BuildRecord) -> Iterator[duckdb.DuckDBPyConnection]:
    """The build file, read-only; temporary tables can be made beside it. Raises LockedError while a build writes."""
    try:
        connection = open_read_only(record.warehouse)
    except duckdb.IOException:
        raise LockedError(f"{record.warehouse} is being written", "Wait for the build to end.") from None
    with connection:
        yield connection


def members(connection: duckdb.DuckDBPyConnection, queries: Mapping[str, str], metas: Metas, label: str) -> None:
    """Make the temporary table `<label>_members`: entity_type, entity_id, dimension, segment_key, as of the build.

    Names of dimensions were held against their pattern when they were read; values are literals of the compiler.
    """
    parts = []
    for entity in MODELS:
        table = f"{label}_{entity}"
        # customers read their accounts' segments: those of these definitions, not the built ones
        query = queries[entity].replace(f'"segmentry"."intermediate"."{MODELS["account"]}"', f'"{label}_account"')
        try:
            connection.execute(f'create temp table "{table}" as {query}')
        except duckdb.CatalogException as error:
            raise BuildFailedError(
                f"the build lacks what the definitions read: {error}", "Run `segmentry build` with this project first."
            ) from None
        columns = {row[0] for row in connection.execute(f'describe "{table}"').fetchall()}
        for meta in metas.values():
            name, is_exclusive = meta["dimension"], meta["exclusive"]
            column = name if is_exclusive else f"in_{name}"
            if meta["entity"] == entity and column in columns:
                key, test = (column, "true") if is_exclusive else (f"'{name}'", column)
                parts.append(
                    f"select '{entity}' as entity_type, {entity}_id as entity_id, '{name}' as dimension,"  # noqa: S608
                    f' {key} as segment_key from "{table}" where is_current and {test}'
                )
    nothing = "select '' as entity_type, '' as entity_id, '' as dimension, '' as segment_key where false"
    connection.execute(f"create temp table {label}_members as {' union all '.join([*parts, nothing])}")
