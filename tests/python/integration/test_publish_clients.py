"""The published file opens in a DuckDB 1.4 client: the npm package that BI front ends use."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import toy

from segmentry.publishing import publish
from segmentry.publishing.generation import copy_marts

pytestmark = pytest.mark.integration

PACKAGE = "@duckdb/node-api@1.4.5-r.1"
SCRIPT = """
import duckdb, { DuckDBInstance } from '@duckdb/node-api';
const instance = await DuckDBInstance.create(process.argv[2], { access_mode: 'READ_ONLY' });
const connection = await instance.connect();
const reader = await connection.runAndReadAll(process.argv[3]);
console.log(JSON.stringify({ version: duckdb.version(), rows: reader.getRowsJson() }));
"""


@pytest.fixture(scope="module")
def node_client() -> Path:
    """A folder with the client; kept in the user's cache, so that only the first run downloads it (64 MB)."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        pytest.skip("npm is not installed: the published file was not opened in a DuckDB 1.4 client")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "segmentry-tests" / "duckdb-node-1.4.5"
    if not (cache / "node_modules" / "@duckdb" / "node-api").is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(cache), PACKAGE]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    (cache / "query.mjs").write_text(SCRIPT)
    return cache


def ask(client: Path, database: Path, sql: str) -> dict[str, object]:
    command = ["node", str(client / "query.mjs"), str(database), sql]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_opens_in_duckdb_1_4(node_client: Path, tmp_path: Path) -> None:
    home = toy.settings(tmp_path / "home")
    publish(home, toy.green_build(home, 5), "run-5")
    database = home.published / "marts.duckdb"
    answer = ask(node_client, database, "select count(*), sum(spend), max(mark) from core.dim_customers")
    assert str(answer["version"]).startswith("v1.4.")
    assert answer["rows"] == [["1000", "499500.00", 5]]
    comment = ask(node_client, database, "select comment from duckdb_tables() where table_name = 'dim_customers'")
    assert comment["rows"] == [["One row per 'thing'."]]
    parquet = home.published / "parquet" / "core" / "dim_customers"
    assert ask(node_client, database, f"select count(*) from '{parquet}/*.parquet'")["rows"] == [["1000"]]
    assert not list(home.published.glob("*.wal"))


def test_the_client_refuses_a_file_in_the_newest_format(node_client: Path, tmp_path: Path, monkeypatch) -> None:
    """The test above can fail: without the storage version the same client cannot open the file."""
    monkeypatch.setattr("segmentry.publishing.generation.STORAGE_VERSION", "latest")
    home = toy.settings(tmp_path / "home")
    build = toy.green_build(home, 5)
    target = tmp_path / "newest.duckdb"
    copy_marts(build.warehouse, target, {})
    command = ["node", str(node_client / "query.mjs"), str(target), "select 1"]
    assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode != 0
