"""Every query of the README runs on the published marts of the demo and returns rows."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[3]
QUERIES = re.findall(r"```sql\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def test_there_are_five() -> None:
    assert len(QUERIES) == 5


@pytest.mark.parametrize("number", range(5))
def test_query_returns_rows(demo_home: Path, number: int) -> None:
    with duckdb.connect(str(demo_home / "published" / "marts.duckdb"), read_only=True) as connection:
        rows = connection.execute(QUERIES[number]).fetchall()
    assert rows
    assert all(any(value is not None for value in row) for row in rows)
