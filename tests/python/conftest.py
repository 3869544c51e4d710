"""Shared by all tests: this folder is on the path, so that tests import their fixtures' makers."""

from __future__ import annotations

from typing import Any

import house_project
import pytest


@pytest.fixture(scope="session")
def dbt_manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """dbt's manifest of this project, parsed and rendered once for all tests (default vars, no data)."""
    try:
        return house_project.compiled_manifest(tmp_path_factory.mktemp("manifest"))
    except RuntimeError as error:
        message = str(error)
    return pytest.fail(message, pytrace=False)
