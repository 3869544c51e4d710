"""A running Dagster: code server, daemon and webserver over a home of its own, as `make dagster` starts them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from segmentry.processes import free_port

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 1800


@dataclass(frozen=True)
class Running:
    """A home with Dagster over it."""

    home: Path
    port: int
    log: Path
    server: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def graphql(self, query: str) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.url}/graphql", json.dumps({"query": query}).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=300) as answer:
            data: dict[str, Any] = json.load(answer)["data"]
        return data

    def runs(self) -> list[dict[str, Any]]:
        """Every run, oldest first."""
        answer = self.graphql("{runsOrError{... on Runs{results{runId status parentRunId}}}}")
        return list(reversed(answer["runsOrError"]["results"]))

    def wait(self, what: str, is_so: Callable[[], Any]) -> Any:
        """Wait for something to be so; gives back what it says."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if found := is_so():
                return found
            time.sleep(0.5)
        pytest.fail(f"waited in vain for {what}\n{self.log.read_text()[-3000:]}", pytrace=False)

    def wait_for_run(self, number: int) -> str:
        """The status in which the run of that number (1 is the first) ended."""

        def ended() -> str | None:
            runs = self.runs()
            done = len(runs) >= number and runs[number - 1]["status"] in {"SUCCESS", "FAILURE", "CANCELED"}
            return runs[number - 1]["status"] if done else None

        return str(self.wait(f"the end of run {number}", ended))

    def drop_sales(self, name: str, factor: int, user: str = "") -> None:
        """A file of 250 lines of money like those that are there, times a factor, received in the last 20 days."""
        folder = self.home / "inbox" / "transactions"
        ready = folder / f"{name}.part"
        day = "timestamp '2025-12-31 08:00:00' - to_days(cast(line % 20 as integer))"
        at = f"strftime({day}, '%Y-%m-%dT%H:%M:%SZ')"
        duckdb.execute(
            "copy (with sample as (select *, row_number() over (order by hash(transaction_id), transaction_id) as line"
            f" from read_parquet('{self.home}/raw/transactions/*.parquet') where kind = 'charge')"
            f" select '{name}-{factor}-' || line as transaction_id, kind, category, order_id, account_id,"
            f" coalesce(nullif('{user}', ''), user_id) as user_id, product_id, quantity,"
            f" cast(amount * {factor} as decimal(18, 2)) as amount, tax_amount, discount_amount, currency,"
            f" {at} as occurred_at, {at} as received_at"
            f" from sample where line <= 250 order by line) to '{ready}' (format csv, header)"
        )
        ready.replace(folder / name)

    def stop(self) -> None:
        """End Dagster as a service manager does."""
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(120)

    def notices(self) -> list[dict[str, Any]]:
        path = self.home / "runs" / "notifications.ndjson"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []

    def dbt_child(self) -> tuple[int, int] | None:
        """Process id of the dbt that builds this home, and of its parent, the run's worker."""
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_text()
                environment = (entry / "environ").read_text()
                parent = re.search(r"^PPid:\t(\d+)", (entry / "status").read_text(), re.MULTILINE)
            except OSError:
                continue
            if "dbt/child.py" in command and f"SEGMENTRY_HOME={self.home}" in environment and parent:
                return int(entry.name), int(parent[1])
        return None


@contextmanager
def dagster_over(home: Path) -> Iterator[Running]:
    """Start everything over a home, and end it."""
    port = free_port()
    log = home / "serve.log"
    # the inbox starts runs, and the clock does not
    environment = os.environ | {
        "SEGMENTRY_HOME": str(home),
        "SEGMENTRY_SETTLE_SECONDS": "1",
        "SEGMENTRY_SCHEDULE": "0 0 29 2 *",
        "SEGMENTRY_NOTIFY": "log,file",
        "SEGMENTRY_POOLED_STORAGE": "true",
    }
    with log.open("w") as file:
        server = subprocess.Popen(
            [sys.executable, "-m", "orchestration.serve", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    running = Running(home, port, log, server)
    try:
        running.wait("the webserver", lambda: "Serving dagster-webserver" in log.read_text())
        yield running
    finally:
        running.stop()
