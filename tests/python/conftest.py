"""Shared by all tests: this folder is on the path, so that tests import their fixtures' makers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dbt_process
import house_project
import pytest
from filelock import FileLock
from typer.testing import CliRunner

from segmentry.cli import app
from segmentry.config import resolve_vars

MadeOnce = Callable[[str, Callable[[Path], object]], Path]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spark's stage comes first: the longest file, which does not wait for the demo that most others share."""
    items.sort(key=lambda item: item.get_closest_marker("spark") is None)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> MadeOnce:
    """Makes a folder by its name in one of pytest's workers; the others wait for it and find it."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent

    def make_or_find(name: str, make: Callable[[Path], object]) -> Path:
        folder, done = shared / name, shared / f"{name}.done"
        with FileLock(shared / f"{name}.lock"):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                make(folder)
                done.touch()
        return folder

    return make_or_find


@pytest.fixture(scope="session")
def dbt_manifest(made_once: MadeOnce) -> dict[str, Any]:
    """dbt's manifest of this project, parsed and rendered once for all tests (default vars, no data)."""
    try:
        target = made_once("manifest", house_project.compiled_manifest)
    except RuntimeError as error:
        message = str(error)
    else:
        manifest: dict[str, Any] = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
        return manifest
    return pytest.fail(message, pytrace=False)


@pytest.fixture(scope="session")
def parsed_with(made_once: MadeOnce) -> Callable[[str], Path]:
    """Preset -> a folder with dbt's parse of this project under it, for `run_dbt` over any home."""

    def parse(preset: str) -> Path:
        variables = {} if preset == "feeds" else resolve_vars(house_project.ROOT, preset)
        return made_once(
            f"parsed_{preset}",
            lambda folder: dbt_process.run_dbt(folder / "home", "parse", target=folder, variables=variables),
        )

    return parse


@pytest.fixture(scope="session")
def parsed(parsed_with: Callable[[str], Path]) -> Path:
    """The parse of the canonical feeds."""
    return parsed_with("feeds")


@pytest.fixture(scope="session")
def demo_home(made_once: MadeOnce, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after `segmentry demo` at a tenth of the size: landed, built, tested, published. A copy for this worker:
    its build file has one reader or writer at a time."""

    def make(home: Path) -> None:
        result = CliRunner().invoke(app, ["--home", str(home), "demo", "--scale", "0.1"])
        assert result.exit_code == 0, result.output

    return shutil.copytree(made_once("demo", make), tmp_path_factory.mktemp("demo") / "home", symlinks=True)
