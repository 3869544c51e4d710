"""The whole warehouse beside hand-written scripts that make twelve of its outputs from the same files, in one run.

usage: python benchmarks/full_build.py FEEDS PEERS [--runs 3] [--work FOLDER]

FEEDS  folder with <feed>/*.parquet (events, users, accounts, subscriptions, transactions, fx_rates)
PEERS  folder with duckdb_sql.py, polars_pipeline.py and common.py
Prints, for landing, build, tests and publish and for each peer: CPU and wall seconds and peak memory (medians of the
runs), the ratio of CPU to the hand-written SQL, and whether the twelve shared outputs are equal.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[1]
FEEDS = ("events", "users", "accounts", "subscriptions", "transactions", "fx_rates")


def timed(command: list[str], env: dict[str, str], log: Path) -> dict[str, float]:
    """CPU and wall seconds and peak memory (MB) of a command and all it starts. Raises when it fails."""
    started = time.perf_counter()
    with log.open("ab") as out:
        child = subprocess.Popen(command, env=os.environ | env, cwd=ROOT, stdout=out, stderr=out)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}; see {log}")
    return {
        "cpu": usage.ru_utime + usage.ru_stime,
        "wall": time.perf_counter() - started,
        "peak_mb": usage.ru_maxrss / 1024,
    }


def fill_inbox(feeds: Path, inbox: Path) -> None:
    """Hard links (copies across file systems) of the feeds, named so that every file of a feed has its own name."""
    for feed in FEEDS:
        for source in sorted((feeds / feed).glob("*.parquet")):
            target = inbox / feed / source.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def warehouse_steps(home: Path) -> dict[str, list[str]]:
    """The steps of a scheduled run, each a command of its own so that it can be measured alone."""
    python = sys.executable
    dbt = [str(Path(python).with_name("dbt")), "--quiet"]
    return {
        "land": [str(Path(python).with_name("segmentry")), "--home", str(home), "land"],
        "build models": [*dbt, "build", "--exclude-resource-type", "test", "unit_test"],
        "test marts": [*dbt, "test", "--exclude-resource-type", "unit_test"],
    }


def shared_outputs(home: Path, out: Path) -> None:
    """The twelve outputs in the peers' shape, from the warehouse."""
    out.unlink(missing_ok=True)
    con = duckdb.connect(str(out))
    con.execute("set timezone = 'UTC'")
    con.execute(f"attach '{home / 'warehouse' / 'segmentry.duckdb'}' as w (read_only)")
    for name, query in json.loads((Path(__file__).parent / "shared_outputs.json").read_text()).items():
        con.execute(f"create table {name} as {query}")
    con.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("feeds", type=Path)
    parser.add_argument("peers", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", type=Path, default=Path("bench-work"))
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    feeds, peers = arguments.feeds.resolve(), arguments.peers.resolve()
    measured: dict[str, list[dict[str, float]]] = {}
    for run in range(arguments.runs):
        home, log = work / f"home{run}", work / f"run{run}.log"
        shutil.rmtree(home, ignore_errors=True)
        (home / "warehouse").mkdir(parents=True)
        log.unlink(missing_ok=True)
        fill_inbox(feeds, home / "inbox")
        env = {
            "SEGMENTRY_HOME": str(home),
            "DBT_TARGET_PATH": str(home / "target"),
            "DBT_LOG_PATH": str(home / "logs"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
        for step, command in warehouse_steps(home).items():
            measured.setdefault(step, []).append(timed(command, env, log))
        for name, script, out in (
            ("hand-written DuckDB SQL", "duckdb_sql.py", work / "duckdb_sql.duckdb"),
            ("hand-written Polars", "polars_pipeline.py", work / "polars"),
        ):
            command = [sys.executable, str(peers / script), str(feeds), str(out)]
            measured.setdefault(name, []).append(timed(command, {"PYTHONPATH": str(peers)}, log))
        if run < arguments.runs - 1:
            shutil.rmtree(home)
    shared_outputs(home, work / "segmentry.duckdb")
    equal = subprocess.run(
        [sys.executable, str(peers / "common.py"), str(work / "segmentry.duckdb"), str(work / "duckdb_sql.duckdb")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    events = duckdb.sql(f"select count(*) from '{feeds}/events/*.parquet'").fetchall()[0][0]
    print(f"`python benchmarks/full_build.py FEEDS PEERS --runs {arguments.runs}`: {events:,} event records; "
          f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
          f"DuckDB {duckdb.__version__}, "
          f"load {os.getloadavg()[0]:.1f}; medians of {arguments.runs}\n")  # fmt: skip
    print("| step | CPU s | wall s | peak MB | CPU / hand-written SQL |\n|---|---|---|---|---|")
    reference = statistics.median(run["cpu"] for run in measured["hand-written DuckDB SQL"])
    for step, runs in measured.items():
        cpu, wall, peak = (statistics.median(run[key] for run in runs) for key in ("cpu", "wall", "peak_mb"))
        print(f"| {step} | {cpu:.1f} | {wall:.1f} | {peak:.0f} | {cpu / reference:.2f} |")
    print("\nShared outputs against the hand-written SQL:\n")
    print(equal.stdout or equal.stderr)


if __name__ == "__main__":
    main()
