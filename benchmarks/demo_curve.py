"""What the whole demo costs as it grows: landing, and a build with fits, tests, audit and publish.

usage: python benchmarks/demo_curve.py SCALE... [--work FOLDER]

Scale 1 is about 1.5 million events of 12,000 users; all feeds grow with it. Prints a row of a table per scale: CPU and
wall seconds, peak memory of the largest process, sizes on disk. Making the demo's files is not measured.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import duckdb
from full_build import timed

from segmentry.demo import generate


def megabytes(folder: Path) -> float:
    """Size of all files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scales", type=float, nargs="+")
    parser.add_argument("--work", type=Path, default=Path("bench-work"))
    arguments = parser.parse_args()
    print("| events | step | CPU s | wall s | peak MB | raw MB | warehouse MB | published MB |")
    print("|---|---|---|---|---|---|---|---|")
    for scale in arguments.scales:
        home = arguments.work.resolve() / f"scale{scale:g}"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        generate(home / "inbox", home / "truth", scale=scale)
        segmentry = [str(Path(sys.executable).with_name("segmentry")), "--home", str(home)]
        for step in ("land", "build"):
            cost = timed([*segmentry, step], {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}, home / "log")
            ((events,),) = duckdb.read_parquet(f"{home}/raw/events/*.parquet").aggregate("count(*)").fetchall()
            sizes = " | ".join(f"{megabytes(home / folder):,.0f}" for folder in ("raw", "warehouse", "published"))
            costs = f"{cost['cpu']:.0f} | {cost['wall']:.0f} | {cost['peak_mb']:,.0f}"
            print(f"| {events:,} | {step} | {costs} | {sizes} |", flush=True)


if __name__ == "__main__":
    main()
