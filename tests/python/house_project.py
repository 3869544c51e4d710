"""Reads the project for the house rules: dbt's manifest, the YAML beside the models, the columns models really have."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import yaml
from house_rules import Macro, Model, macros_in

ROOT = Path(__file__).resolve().parents[2]
TEXT = {".py", ".sql", ".yml", ".yaml", ".md", ".toml", ".csv", ".lock", ".txt", ".json", ".sh", ".cfg", ".html", ""}


def compiled_manifest(target: Path, **variables: object) -> dict[str, Any]:
    """dbt's manifest with rendered SQL, made in `target` over a home where nothing has landed."""
    environment = os.environ | {"SEGMENTRY_HOME": str(target / "home"), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    dbt = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--quiet", "--no-use-colors"]
    options = ["--no-partial-parse", "--project-dir", str(ROOT), "--profiles-dir", str(ROOT), "--target", "memory"]
    options += ["--target-path", str(target), "--log-path", str(target), "--vars", json.dumps(variables)]
    result = subprocess.run(
        [*dbt, "compile", *options], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise RuntimeError(f"dbt compile failed:\n{result.stdout}{result.stderr}")
    manifest: dict[str, Any] = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    return manifest


def models(manifest: dict[str, Any]) -> list[Model]:
    """Every model, those of presets that are off as well."""
    nodes = list(manifest["nodes"].values()) + [node for group in manifest["disabled"].values() for node in group]
    tests = {entry["name"]: _tests(entry) for entry in properties("models")}
    found = []
    for node in nodes:
        if node["resource_type"] == "model":
            columns = node["columns"].values()
            found.append(
                Model(
                    name=node["name"],
                    path=node["original_file_path"],
                    layer=node["fqn"][1],
                    description=node["description"],
                    columns={column["name"]: column["description"] for column in columns},
                    types={column["name"]: column["data_type"] or "" for column in columns},
                    tests=tests.get(node["name"], ()),
                    contract=node["config"]["contract"]["enforced"],
                    reads=tuple(_reads(node["depends_on"]["nodes"], manifest)),
                    sql=node["raw_code"] + "\n",
                )
            )
    return sorted(found, key=lambda model: model.path)


def with_types(known: list[Model], actual: dict[str, dict[str, str]]) -> list[Model]:
    """The enabled models with the types that DuckDB gives their columns."""
    return [replace(model, types=actual[model.name]) for model in known if model.name in actual]


def unit_tests() -> list[tuple[str, str]]:
    """Name and model of every dbt unit test."""
    return [(entry["name"], entry["model"]) for entry in properties("unit_tests")]


def column_texts() -> list[tuple[str, str]]:
    """File and description, as written, of every column of a model."""
    return [
        (path, str(column.get("description", "")))
        for path, content in _yaml("models")
        for entry in content.get("models") or []
        for column in entry.get("columns") or []
    ]


def properties(key: str) -> list[dict[str, Any]]:
    """Entries of the YAML files beside the models."""
    return [entry for _, content in _yaml("models") for entry in content.get(key) or []]


def doc_blocks() -> list[tuple[str, str]]:
    """File and name of every doc block."""
    return [(path, name) for path, text in files(".md", "models") for name in re.findall(r"{%-?\s*docs\s+(\w+)", text)]


def macros() -> list[Macro]:
    """Every macro."""
    return [macro for path, text in files(".sql", "macros") for macro in macros_in(path, text)]


def documented_macros() -> dict[str, dict[str, list[str]]]:
    """Folder -> macro -> arguments, as the YAML says; a macro or argument without description does not count."""
    found: dict[str, dict[str, list[str]]] = {}
    for path, content in _yaml("macros"):
        folder = found.setdefault(path.rpartition("/")[0], {})
        for entry in content.get("macros") or []:
            if entry.get("description"):
                arguments = entry.get("arguments") or []
                folder[entry["name"]] = [a["name"] for a in arguments if a.get("description")]
    return found


def macro_tests() -> list[str]:
    """Texts of the tests of macros."""
    python = (ROOT / "tests" / "python").rglob("test_*macro*.py")
    dbt = (ROOT / "tests" / "dbt" / "macros").glob("*.sql")
    return [path.read_text(encoding="utf-8") for path in [*dbt, *python]]


def declared_vars() -> list[str]:
    """Vars of dbt_project.yml."""
    return list(yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"])


def validated_vars() -> list[str]:
    """Vars with a rule in validate_vars."""
    text = (ROOT / "macros" / "config" / "validate_vars.sql").read_text(encoding="utf-8")
    rules = re.search(r"set rules = {(.*?)}\s*-?%}", text, re.DOTALL)
    assert rules, "validate_vars has no rules"
    return re.findall(r"^\s*'(\w+)':", rules[1], re.MULTILINE)


def read_vars() -> dict[str, str]:
    """Var -> a file that reads it."""
    sources = [*files(".sql", "models", "macros", "tests/dbt"), *files(".yml", "models", "seeds")]
    return {
        name + ("*" if is_prefix else ""): path
        for path, text in sources
        for name, is_prefix in re.findall(r"\bvar\(\s*['\"](\w+)['\"]\s*(~?)", text)
    }


def files(suffix: str, *folders: str) -> Iterator[tuple[str, str]]:
    """Path (from the root, with slashes) and text of the files with this suffix."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob(f"*{suffix}")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def committed_files() -> dict[str, str]:
    """Path and text of everything git has, as it stands in the work tree."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in paths
        if path.suffix in TEXT and path.is_file()
    }


def actual_columns(manifest: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Model -> column -> type as DuckDB binds the rendered SQL over empty tables; of enabled models only."""
    nodes = {key: n for key, n in manifest["nodes"].items() if n["resource_type"] in {"seed", "model"}}
    found = {}
    with duckdb.connect(":memory:") as connection:
        for key in _parents_first(nodes):
            node = nodes[key]
            connection.execute(f'create schema if not exists "{node["schema"]}"')
            query = _seed_query(node) if node["resource_type"] == "seed" else node["compiled_code"]
            try:
                connection.execute(f"create table {node['relation_name']} as {query} limit 0")
            except duckdb.Error as error:
                raise AssertionError(f"{node['original_file_path']} does not bind: {error}") from None
            rows = connection.execute(f"describe {node['relation_name']}").fetchall()
            if node["resource_type"] == "model":
                found[node["name"]] = {row[0]: row[1] for row in rows}
    return found


def _seed_query(node: dict[str, Any]) -> str:
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in node["config"]["column_types"].items())
    return f"from read_csv('{ROOT / node['original_file_path']}', header = true, types = {{{types}}})"


def _parents_first(nodes: dict[str, Any]) -> list[str]:
    ordered: dict[str, None] = {}

    def visit(key: str) -> None:
        if key in nodes and key not in ordered:
            for parent in nodes[key].get("depends_on", {}).get("nodes", []):
                visit(parent)
            ordered[key] = None

    for key in nodes:
        visit(key)
    return list(ordered)


def _reads(parents: list[str], manifest: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for key in parents:
        kind, name = key.split(".")[0], key.rpartition(".")[2]
        node = manifest["nodes"].get(key) or (manifest["disabled"].get(key) or [{}])[0]
        yield kind, name, "/".join(node.get("fqn", [])[1:-1])


def _tests(entry: dict[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = [_test(test, None) for test in entry.get("data_tests") or []]
    for column in entry.get("columns") or []:
        found += [_test(test, column["name"]) for test in column.get("data_tests") or []]
    return tuple(found)


def _test(test: str | dict[str, Any], column: str | None) -> tuple[str, tuple[str, ...]]:
    if isinstance(test, str):
        return test, (column,) if column else ()
    (kind, options), *_ = test.items()
    return kind, tuple(options.get("arguments", options).get("columns", [column] if column else []))


def _yaml(folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, text in files(".yml", folder):
        yield path, yaml.safe_load(text) or {}
