"""What the models cost on Spark as events and workers grow.

usage: python benchmarks/spark_curve.py HOME... [--workers 1 2] [--executor-mb 3072] [--driver-mb 3072] [--work FOLDER]

HOME is a folder with landed feeds (`raw/`), as `benchmarks/demo_curve.py` leaves them; its fits are used where it has
some. For each HOME and number of workers (one core each) a cluster is started on loopback and all seeds and models are
built into an empty one, without tests, as those are other statements on any engine. Prints a row each: wall seconds,
CPU seconds of driver, executors and dbt, the largest memory of a process (resident), what was read, what went through
shuffles; then where the time went, by folder of models and by model.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import time
from collections import defaultdict
from pathlib import Path

import duckdb

from segmentry.config import Settings, new_run_id, resolve_vars
from segmentry.spark.cluster import Cluster, Options, down, executors, up
from segmentry.warehouse import BuildRequest, build

_WITHOUT_TESTS = ("resource_type:model", "resource_type:seed", "--exclude-resource-type", "test", "unit_test")
_SHOWN = 12


def processes(cluster: Cluster) -> list[tuple[str, float, float]]:
    """Name, CPU seconds and peak resident MB of each Java process of the cluster."""
    groups = {daemon.pid: daemon.name for daemon in cluster.daemons}
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_text()
            status = (folder / "status").read_text()
        except OSError:
            continue
        if int(fields[2]) in groups and "VmHWM" in status:
            peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
            name = "executor" if "CoarseGrainedExecutorBackend" in command else groups[int(fields[2])]
            seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            found.append((name, seconds, int(peak.split()[1]) / 1024))
    return found


def slowest(target_dir: Path) -> None:
    """Print seconds of nodes (four run beside each other) by folder of models, and the slowest of them."""
    results = json.loads((target_dir / "run_results.json").read_text())["results"]
    results = [result for result in results if result["unique_id"].startswith(("model.", "seed."))]
    nodes = json.loads((target_dir / "manifest.json").read_text())["nodes"]
    folders: dict[str, float] = defaultdict(float)
    for result in results:
        parts = Path(nodes[result["unique_id"]]["original_file_path"]).parts
        folders["/".join(parts[1:3]) if parts[0] == "models" else parts[0]] += result["execution_time"]
    ranked = sorted(results, key=lambda result: -result["execution_time"])[:_SHOWN]
    print("\nby folder: " + ", ".join(f"{name} {s:.0f}" for name, s in sorted(folders.items(), key=lambda f: -f[1])))
    print("slowest: " + ", ".join(f"{r['unique_id'].split('.')[2]} {r['execution_time']:.0f}" for r in ranked) + "\n")


def measure(source: Path, options: Options, work: Path) -> None:
    """Build the landed feeds of `source` on a cluster of its own and print what it cost."""
    home = work.resolve() / f"spark_{source.name}_{options.workers}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / "raw").symlink_to(source.resolve() / "raw")
    if (source / "models").exists():
        shutil.copytree(source / "models", home / "models")
    ((events,),) = duckdb.read_parquet(f"{source}/raw/events/*.parquet").aggregate("count(*)").fetchall()
    settings = Settings.load(home=home)
    cluster = up(home, options)
    try:
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        variables = resolve_vars(settings.project_dir)
        record = build(settings, BuildRequest(new_run_id(), variables, select=_WITHOUT_TESTS, target="spark"))
        wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        counted, running = [row for row in executors(cluster) if row["id"] != "driver"], processes(cluster)
    finally:
        down(home)
    dbt = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    cpu: dict[str, float] = defaultdict(float)
    peak: dict[str, float] = defaultdict(float)
    for name, seconds, megabytes in running:
        cpu[name] += seconds
        peak[name] = max(peak[name], megabytes)
    read, shuffled = (sum(row[key] for row in counted) / 1e6 for key in ("totalInputBytes", "totalShuffleWrite"))
    tasks, busy, gc = (sum(row[key] for row in counted) for key in ("completedTasks", "totalDuration", "totalGCTime"))
    tables = sum(path.stat().st_size for path in (home / "spark" / "warehouse").rglob("*.parquet")) / 1e6
    print(
        f"| {events:,} | {options.workers} | {wall:.0f} "
        f"| {cpu['thrift-server']:.0f} | {cpu['executor']:.0f} | {dbt:.0f} "
        f"| {peak['thrift-server']:,.0f} | {peak['executor']:,.0f} | {read:,.0f} | {shuffled:,.0f} | {tasks:,} "
        f"| {busy / 1000 / options.workers / wall:.0%} | {gc / max(busy, 1):.0%} | {tables:,.0f} |",
        flush=True,
    )
    slowest(record.target_dir)
    shutil.rmtree(home)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("homes", type=Path, nargs="+")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--executor-mb", type=int, default=3072)
    parser.add_argument("--driver-mb", type=int, default=3072)
    parser.add_argument("--work", type=Path, default=Path("bench-work"))
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f}; heaps: executor "
          f"{arguments.executor_mb} MB, driver {arguments.driver_mb} MB\n")  # fmt: skip
    print("| events | workers | wall s | CPU s: driver | executors | dbt | peak MB: driver | an executor | read MB "
          "| shuffled MB | tasks | executors busy | of it GC | tables MB |")  # fmt: skip
    print("|" + "---|" * 14, flush=True)
    for source in arguments.homes:
        for workers in arguments.workers:
            options = Options(
                workers=workers, thrift_port=0, executor_mb=arguments.executor_mb, driver_mb=arguments.driver_mb
            )
            measure(source, options, arguments.work)


if __name__ == "__main__":
    main()
