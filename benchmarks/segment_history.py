"""What a year of weekly membership costs, against one date: the project's own models, on a home that is built.

usage: python benchmarks/segment_history.py HOME [COPIES=4] [WEEKS=52] [RUNS=3]
The models are compiled for no past date and for WEEKS of them (month ends come on top) and run on a copy of HOME's
build file, in which every customer and account stands COPIES times. Prints medians of CPU seconds.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

PROJECT = Path(__file__).parents[1]
MEASURED = (
    "int_account_features",
    "int_customer_features",
    "int_account_segments",
    "int_customer_segments",
    "segment_membership_history",
)
COPIED = (
    "int_accounts_as_of",
    "int_customers_as_of",
    "int_customer_main_features",
    "int_customer_needs",
    "int_customer_client_windows",
)
"""What is not made of one of these has as many entities by itself."""
SETTINGS = "set threads = 2; set memory_limit = '3GB'; set preserve_insertion_order = false; set timezone = 'UTC'"


def compiled(home: Path, weeks: int, folder: Path) -> list[dict[str, Any]]:
    """What depends on the as-of dates and leads to the history, in the order of building."""
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--quiet", "compile"]
    command += ["--target-path", str(folder), "--log-path", str(folder / "logs"), "--project-dir", str(PROJECT)]
    command += ["--profiles-dir", str(PROJECT), "--vars", json.dumps({"feature_history_weeks": weeks})]
    command += ["--select", "int_as_of_dates+,+segment_membership_history"]
    environment = os.environ | {"SEGMENTRY_HOME": str(home)}
    subprocess.run(command, check=True, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL)
    nodes = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    ran = {name: node for name, node in nodes.items() if node["resource_type"] == "model" and node.get("compiled")}
    order = TopologicalSorter({name: [on for on in ran[name]["depends_on"]["nodes"] if on in ran] for name in ran})
    return [ran[name] for name in order.static_order()]


def multiply(connection: duckdb.DuckDBPyConnection, relation: str, copies: int) -> None:
    """Each entity so many times, under keys and ids of its own."""
    names = {row[0] for row in connection.execute(f"describe {relation}").fetchall()}
    replaced = [f"{key} + copy as {key}" for key in ("customer_key", "account_key") if key in names]
    replaced += [f"{key} || '~' || copy as {key}" for key in ("customer_id", "account_id") if key in names]
    connection.execute(
        f"create or replace table {relation} as select * exclude (copy) replace ({', '.join(replaced)})"
        f" from {relation}, range({copies}) as copies(copy)"
    )


def seconds(home: Path, weeks: int, copies: int, runs: int) -> tuple[int, dict[str, float]]:
    """Customer-dates, and the median CPU seconds of each measured model."""
    with tempfile.TemporaryDirectory() as folder:
        models = compiled(home, weeks, Path(folder) / "target")
        file = Path(folder) / "segmentry.duckdb"
        shutil.copy(home / "warehouse" / file.name, file)
        with duckdb.connect(str(file)) as connection:
            connection.execute(SETTINGS)
            multiply(connection, "intermediate.int_customer_traits", copies)
            spent: dict[str, list[float]] = {}
            for model in models:
                relation = model["relation_name"]
                kind = "view" if model["config"]["materialized"] == "view" else "table"
                for _ in range(runs if model["name"] in MEASURED else 1):
                    started = time.process_time()
                    connection.execute(f"create or replace {kind} {relation} as {model['compiled_code']}")
                    connection.execute("checkpoint")
                    spent.setdefault(model["name"], []).append(time.process_time() - started)
                if model["name"] in COPIED:
                    multiply(connection, relation, copies)
            (rows,) = connection.execute("select count(*) from intermediate.int_customer_segments").fetchall()
    return rows[0], {name: statistics.median(spent[name]) for name in MEASURED}


def main(home: str, copies: int = 4, weeks: int = 52, runs: int = 3) -> None:
    """Print a line per model and the ratio of all."""
    (few, one), (many, year) = (seconds(Path(home).resolve(), count, copies, runs) for count in (0, weeks))
    print(f"{few} customers at one date, {many} customer-dates in {weeks} weeks; seconds of CPU")
    for name in MEASURED:
        print(f"{name:30}{one[name]:8.2f}{year[name]:8.2f}")
    total = sum(one.values()), sum(year.values())
    print(f"{'all':30}{total[0]:8.2f}{total[1]:8.2f}  {total[1] / total[0]:.1f} times one date")


if __name__ == "__main__":
    main(sys.argv[1], *(int(argument) for argument in sys.argv[2:]))
