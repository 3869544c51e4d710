"""What a build reads from dbt's log, in lines as dbt 1.11 writes them."""

from __future__ import annotations

import pytest

from segmentry.building import progress_of

NODE = {"node_info": {"node_name": "dim_customers"}}


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("LogModelResult", {"index": 384, "total": 1025, "status": "OK", **NODE}, ("dim_customers", 384, 1025)),
        ("LogTestResult", {"index": 381, "num_models": 1025, "status": "pass", **NODE}, ("dim_customers", 381, 1025)),
        ("LogStartLine", {"index": 384, "total": 1025, **NODE}, None),
        ("StatsLine", {"stats": {"total": 96}}, None),
    ],
)
def test_models_and_tests_are_counted_as_they_end(name: str, data: dict[str, object], expected: object) -> None:
    assert progress_of({"info": {"name": name}, "data": data}) == expected
