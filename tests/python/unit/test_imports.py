"""The modules of the library form layers: no cycles, no import hidden in a function, and Dagster on top."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# what takes long to import, or is only there with an extra, may be imported where it is used
SLOW = {
    "vaderSentiment", "dbt", "dbt_common", "scipy", "sklearn", "threadpoolctl", "pandas", "great_expectations",
    "py3langid", "pyhive", "uvicorn",
}  # fmt: skip
# made of SciPy, or of the web framework of the extra `explorer`
SLOW_MODULES = ("segmentry.estimators.runs", "segmentry.estimators.sentiment", "segmentry.explorer.")


def modules() -> dict[str, ast.Module]:
    """Every module by its name."""
    found = {}
    for package in ("segmentry", "orchestration"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


MODULES = modules()


def imported(tree: ast.AST) -> Iterator[str]:
    """The full names that the statements of a tree import, except for type checkers only."""
    for_types = {id(node) for block in ast.walk(tree) if _is_for_types(block) for node in ast.walk(block)}
    for node in (node for node in ast.walk(tree) if id(node) not in for_types):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def module_of(name: str) -> str:
    """The module of this project that a full name is in, or an empty text."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name


@pytest.mark.parametrize("package", ["segmentry", "orchestration"])
def test_modules_import_each_other_in_one_direction(package: str) -> None:
    graph = {
        name: {module_of(other) for other in imported(tree)} - {"", name}
        for name, tree in MODULES.items()
        if name.startswith(package)
    }
    # raises CycleError, which names the cycle; imports in functions count
    assert list(TopologicalSorter(graph).static_order())


def test_functions_import_only_what_is_slow() -> None:
    hidden = {
        f"{module}: {name}"
        for module, tree in MODULES.items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for name in imported(function)
        if name.partition(".")[0] not in SLOW and not module_of(name).startswith(SLOW_MODULES)
    }
    assert hidden == set()


def test_the_library_does_not_know_dagster() -> None:
    found = {
        name
        for name, tree in MODULES.items()
        if name.startswith("segmentry")
        for other in imported(tree)
        if other.partition(".")[0] in {"dagster", "orchestration"}
    }
    assert found == set()
