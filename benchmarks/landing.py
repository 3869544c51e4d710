"""Speed and memory of landing: one Parquet file of events, and the same events (fewer) as CSV and NDJSON.

usage: python benchmarks/landing.py [PARQUET_ROWS=10000000] [TEXT_ROWS=500000]
Prints one line per format. The target is 10 million Parquet events in less than 60 s and 3 GB on 2 idle cores.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from segmentry.contracts import load_contracts
from segmentry.landing import land

CONTRACTS = load_contracts(Path(__file__).parents[1] / "contracts")
EVENTS = """
select md5(i::varchar) as event_id, 'event_' || i % 12 as event_name,
    {instant} as occurred_at, {instant} as received_at,
    'u_' || i % 100000 as user_id, 'a_' || i % 200000 as anonymous_id, 'acc_' || i % 15000 as account_id,
    'web' as platform, 'desktop' as device_type, 'macOS' as os, 'Firefox' as browser, '4.' || i % 12 as app_version,
    'DE' as country_code, 'r' || i % 40 as region, 'city' || i % 500 as city, 'en' as language,
    '/p/' || hash(i) % 400 as page_path, case when i % 5 = 0 then 'https://example.org/' end as referrer,
    '{{"feature":"f' || i % 24 || '","ms":' || hash(i) % 4000 || '}}' as properties
from range({rows}) as numbers(i)
"""
INSTANT = "(timestamptz '2025-01-01 00:00:00+00' + to_seconds(i))"
TEXT_INSTANT = "strftime(timestamp '2025-01-01' + to_seconds(i), '%Y-%m-%dT%H:%M:%SZ')"


def run(ending: str, rows: int, options: str) -> None:
    """Write the events, land them, print the result."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        inbox = home / "inbox" / "events"
        inbox.mkdir(parents=True)
        sql = EVENTS.format(rows=rows, instant=INSTANT if ending == "parquet" else TEXT_INSTANT)
        duckdb.connect().execute(f"copy ({sql}) to '{inbox}/events.{ending}' ({options})")
        start, cpu = time.perf_counter(), time.process_time()
        (result,) = land(home, CONTRACTS, now=datetime(2026, 1, 1, tzinfo=UTC))
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        if result.accepted != rows:
            raise SystemExit(f"{ending}: {result}")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{ending:8} {rows:>11,} rows {seconds:7.1f} s {cpu:7.1f} s of CPU"
            f" {rows / seconds:>10,.0f} rows/s  peak so far {peak:,.0f} MB",
            flush=True,
        )


def main() -> None:
    """Run the three formats."""
    parquet_rows = int(float(sys.argv[1])) if len(sys.argv) > 1 else 10_000_000
    text_rows = int(float(sys.argv[2])) if len(sys.argv) > 2 else 500_000
    run("csv", text_rows, "header true")
    run("ndjson", text_rows, "format json")
    run("parquet", parquet_rows, "format parquet, compression zstd")


if __name__ == "__main__":
    main()
