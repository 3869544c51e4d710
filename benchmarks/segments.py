"""Speed of the segment compiler: all rules of an entity in one scan, written as a table.

usage: python benchmarks/segments.py [CUSTOMERS=1000000] [RULES=60] [DATES=52] [RUNS=3]
Rules take turns of ten forms (numbers, texts, dates, nested groups, members of others). Prints medians in seconds: one
as-of date, and DATES weekly ones, each over CUSTOMERS customers in a database file of its own.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "python"))
from definition_cases import audience, compiler

from segmentry.definitions.layers import layers

FEATURES = """
select
    i as customer_id, i as customer_key, date '2026-01-04' + cast(7 * d as integer) as as_of_date,
    'plan_' || hash(i) % 5 as plan_id, cast(hash(i, d) % 30 as integer) as orders,
    cast(hash(d, i) % 100000 / 100.0 as decimal(18, 2)) as net_spend,
    case when hash(i, 7) % 3 > 0 then cast(hash(i, d, 7) % 11 as double) end as score,
    hash(i, 9) % 4 > 0 as is_paying, date '2024-01-01' + cast(hash(i, 11) % 700 as integer) as first_seen_on
from range({customers}) as customers(i), range({dates}) as dates(d)
"""


def rule(number: int) -> dict[str, Any]:
    """One of ten forms, with thresholds of its own."""

    def leaf(feature: str | None, op: str, value: Any = None) -> dict[str, Any]:
        return {"id": "r", "feature": feature, "op": op, "value": value}

    n = number // 10
    forms: list[dict[str, Any]] = [
        leaf("orders", "gte", 5 + n),
        {"all": [leaf("orders", "gt", n), leaf("is_paying", "eq", True)]},
        {"any": [leaf("score", "lte", 3 + n), leaf("net_spend", "gt", 900 - n)]},
        {"all": [leaf("plan_id", "in", ["plan_1", f"plan_{n}"])], "none": [leaf("score", "gte", 9)]},
        leaf("first_seen_on", "days_since_gte", 100 + 30 * n),
        leaf("net_spend", "between", [100 * n, 100 * n + 250]),
        {"all": [leaf("score", "not_null"), {"any": [leaf("orders", "lt", 3 + n), leaf("plan_id", "eq", "plan_2")]}]},
        leaf("first_seen_on", "gte", f"2024-0{1 + n % 9}-01"),
        {"none": [leaf("is_paying", "eq", True), leaf("orders", "gte", 20 + n)]},
        {"all": [leaf(None, "member_of", f"rule_{10 * n:02}.rule_{10 * n:02}"), leaf("score", "gte", 5)]},
    ]
    return forms[number % 10]


def seconds(customers: int, dates: int, rules: int) -> tuple[float, float]:
    """Wall and CPU seconds to evaluate and write; making the features is not counted."""
    keys = [f"rule_{number:02}" for number in range(rules)]
    made = compiler(*(audience(key, rule(number)) for number, key in enumerate(keys)))
    decided = layers(made.ruled("customer"), made.context("customer"), "features")
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(str(Path(folder) / "b.duckdb")) as connection:
        connection.execute("set threads = 2; set memory_limit = '3GB'; set preserve_insertion_order = false")
        connection.execute("create table features as " + FEATURES.format(customers=customers, dates=dates))
        started, used = time.perf_counter(), time.process_time()
        columns = ", ".join(f"in_{key}" for key in keys)
        ctes = f"{decided.text.removesuffix(',')}"
        query = f"with {ctes} select customer_id, as_of_date, {columns} from {decided.name}"
        connection.execute(f"create table members as {query}")
        connection.execute("checkpoint")
        return time.perf_counter() - started, time.process_time() - used


def main(customers: int = 1_000_000, rules: int = 60, dates: int = 52, runs: int = 3) -> None:
    """Print the medians: CPU seconds too, since a machine may be shared."""
    medians = []
    for count in (1, dates):
        walls, cpus = zip(*(seconds(customers, count, rules) for _ in range(runs)), strict=True)
        medians.append((statistics.median(walls), statistics.median(cpus)))
        wall, cpu = medians[-1]
        print(f"{customers} customers, {rules} rules, {count} dates: {wall:.2f} s, {cpu:.2f} s of CPU")
    print(f"{dates} dates cost {medians[1][1] / medians[0][1]:.1f} times the CPU of one")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
