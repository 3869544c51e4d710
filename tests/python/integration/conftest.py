"""Warehouses that several integration tests read; each is built once per session, by the command a user would type."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from segmentry.cli import app


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after `segmentry demo` at a tenth of the size: landed, built, tested, published."""
    home = tmp_path_factory.mktemp("demo") / "home"
    result = CliRunner().invoke(app, ["--home", str(home), "demo", "--scale", "0.1"])
    assert result.exit_code == 0, result.output
    return home
