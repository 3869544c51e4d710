"""The project's own generic tests, rendered and run on literal rows."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from jinja2 import Environment

GENERIC = Path(__file__).parents[3] / "tests" / "dbt" / "generic"


def rendered(name: str, **arguments: object) -> str:
    """The SQL of a generic test. dbt compiles its `test` block as the macro `test_<name>`."""
    text = (GENERIC / f"{name}.sql").read_text(encoding="utf-8")
    text = re.sub(r"{% test (\w+)\(", r"{% macro test_\1(", text).replace("{% endtest %}", "{% endmacro %}")
    template = Environment(extensions=["jinja2.ext.do"]).from_string(text)
    return str(getattr(template.module, f"test_{name}")(**arguments))


@pytest.mark.parametrize(
    ("rows", "columns", "failing"),
    [
        ("(1, 'x', null), (2, null, null), (3, null, null)", ["a", "b", "c"], {("b", 2), ("c", 3)}),
        ("(1, 'x', null), (2, 'y', null)", ["a", "b"], set()),
        ("(null, 'x', 1)", ["a"], {("a", 1)}),
    ],
)
def test_not_null_columns_names_each_column_with_its_nulls(rows, columns, failing):
    model = f"(select * from (values {rows}) as t (a, b, c)) as sample"
    assert set(duckdb.sql(rendered("not_null_columns", model=model, columns=columns)).fetchall()) == failing


def test_not_null_columns_passes_an_empty_table():
    model = "(select 1 as a, 2 as b where false) as sample"
    assert duckdb.sql(rendered("not_null_columns", model=model, columns=["a", "b"])).fetchall() == []
