"""Shared by all tests: this folder is on the path, so that tests import their fixtures' makers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import house_project
import pytest
from typer.testing import CliRunner

from segmentry.cli import app


@pytest.fixture(scope="session")
def dbt_manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """dbt's manifest of this project, parsed and rendered once for all tests (default vars, no data)."""
    try:
        return house_project.compiled_manifest(tmp_path_factory.mktemp("manifest"))
    except RuntimeError as error:
        message = str(error)
    return pytest.fail(message, pytrace=False)


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after `segmentry demo` at a tenth of the size: landed, built, tested, published. For reading only."""
    home = tmp_path_factory.mktemp("demo") / "home"
    result = CliRunner().invoke(app, ["--home", str(home), "demo", "--scale", "0.1"])
    assert result.exit_code == 0, result.output
    return home
