"""Speed and memory of lifetime value: fit, score and value of simulated buyers, beside packages that do the same.

usage: python benchmarks/clv.py [CUSTOMERS=1000000] [--runs 3] [--peers lifetimes,pymc-marketing]

Every run is a process of its own on one thread. BG/NBD with Gamma-Gamma, twelve months discounted, for everyone: what
all of them know. A peer is installed into a throw-away environment by the uv that `make install` brings; it is no
dependency of the project. Targets: 1 million customers in 1 s, 5 million in 3 s, 500 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
RUNNER = ROOT / "benchmarks" / "clv_run.py"
INSTALLS = {
    "lifetimes": ["lifetimes==0.11.3", "pandas<2.2", "numpy<2", "scipy<1.13", "setuptools<80"],
    "pymc-marketing": ["pymc-marketing"],
}
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


def simulate(customers: int, path: Path) -> None:
    """Buyers of up to two years from BG/NBD and Gamma-Gamma, whole days, seeded."""
    rng = np.random.Generator(np.random.PCG64(7))
    age_days = rng.integers(1, 731, customers)
    rate = rng.gamma(0.65, 1 / 6.5, customers)
    leaves = rng.beta(0.9, 2.6, customers)
    frequency, last = np.zeros(customers, np.int64), np.zeros(customers)
    index, at = np.arange(customers), np.zeros(customers)
    while len(index):
        at = at + rng.exponential(1.0, len(index)) / np.maximum(rate[index], 1e-12)
        inside = at * 7 < age_days[index]
        index, at = index[inside], at[inside]
        frequency[index] += 1
        last[index] = at
        stays = rng.random(len(index)) >= leaves[index]
        index, at = index[stays], at[stays]
    recency_days = np.minimum(np.ceil(last * 7).astype(np.int64), age_days)
    frequency = np.minimum(frequency, recency_days)
    shape = np.maximum(6.0 * frequency, 1e-9)
    value = rng.gamma(shape, 1 / rng.gamma(4.0, 1 / 40.0, customers)) / np.maximum(frequency, 1)
    days = {"frequency": frequency, "recency_days": recency_days, "age_days": age_days}
    np.savez(path, value=np.round(value, 2), **{name: column.astype(np.int32) for name, column in days.items()})


def interpreter(peer: str, folder: Path) -> str:
    """The Python of an environment that holds the peer and nothing else."""
    if peer == "segmentry":
        return sys.executable
    uv, environment = str(ROOT / ".uv-bootstrap" / "bin" / "uv"), folder / peer
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(environment)], check=True)
    python = str(environment / "bin" / "python")
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *INSTALLS[peer]], check=True)
    return python


def measure(peer: str, python: str, data: Path, runs: int) -> dict[str, float]:
    """Medians of the figures that the runner prints."""
    command = [python, str(RUNNER), peer, str(data)]
    environment = os.environ | ONE_THREAD | {"PYTHONPATH": str(ROOT) if peer == "segmentry" else ""}
    found = []
    for _ in range(runs):
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        found.append(json.loads(done.stdout.splitlines()[-1]))
    return {name: statistics.median(run[name] for run in found) for name in found[0]}


def main() -> None:
    """Simulate, measure, print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("customers", nargs="?", type=float, default=1e6)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peers", default="lifetimes,pymc-marketing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "buyers.npz"
        simulate(int(options.customers), data)
        columns = ["package", "customers", "wall s", "CPU s", "peak MB", "value of all"]
        print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
        for peer in ["segmentry", *filter(None, options.peers.split(","))]:
            try:
                m = measure(peer, interpreter(peer, Path(folder)), data, options.runs if peer == "segmentry" else 1)
            except subprocess.CalledProcessError as error:
                print(f"| {peer} | {int(options.customers):,} | did not run: {str(error.stderr)[-200:]!r} | | | |")
                continue
            figures = f"{m['wall']:.2f} | {m['cpu']:.2f} | {m['peak']:,.0f} | {m['value']:,.0f}"
            print(f"| {peer} | {int(options.customers):,} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
