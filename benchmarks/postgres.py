"""Is the project on PostgreSQL equal to DuckDB's build? Loads what a home has landed into a cluster, builds, compares.

    python benchmarks/postgres.py HOME [--bin /usr/lib/postgresql/15/bin]

HOME is built on DuckDB (`segmentry demo --scale 0.02`). The cluster lives in a temporary folder and listens on loopback
only; its server does not run as root, so `root` runs it as `postgres`.
"""

from __future__ import annotations

import argparse
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import yaml

from segmentry.comparison import compare
from segmentry.dbt.manifest import mart_contracts, read_manifest

ROOT = Path(__file__).resolve().parents[1]
TYPES = {"VARCHAR": "text", "DOUBLE": "double precision"}
NULL = "\\N"
# Speed before safety: the cluster is thrown away. Without nested loops, since the planner expects one row of a CTE
# and makes it anew for each row of the other side: `report_funnels` did not end in four minutes.
SETTINGS = [
    "enable_nestloop=off",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=512MB",
    "work_mem=128MB",
    "jit=off",
]


@contextmanager
def cluster(binaries: Path) -> Iterator[int]:
    """A PostgreSQL server of its own; gives its port."""
    folder = Path(tempfile.mkdtemp(prefix="segmentry_postgres_"))
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
        user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": folder}
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, **user}
    initdb = [binaries / "initdb", "-D", data, "-A", "trust", "-U", "segmentry", "--locale=C", "-E", "UTF8"]
    subprocess.run(initdb, check=True, **quiet)
    settings = [*SETTINGS, "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "timezone=UTC"]
    options = f"-p {port} " + " ".join(f"-c {setting}" for setting in settings)
    subprocess.run(
        [binaries / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start"], check=True, **quiet
    )
    try:
        yield port
    finally:
        subprocess.run([binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=True, **quiet)
        shutil.rmtree(folder)


def feeds(home: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Schema, table and Parquet files of each source that has any; fits keep their schema."""
    for path in sorted((ROOT / "models").rglob("_*sources.yml")):
        for source in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]:
            for table in source["tables"]:
                meta = table.get("config", {}).get("meta") or source.get("config", {}).get("meta", {})
                pattern = re.search(r"}}/([^']*)'", meta["external_location"])
                assert pattern is not None, path
                files = sorted(str(file) for file in home.glob(pattern[1].replace("{name}", table["name"])))
                if files:
                    yield "models" if source["schema"] == "models" else "landed", table["name"], files


def load(home: Path, connection: Any, exchange: Path) -> int:
    """Every landed table into PostgreSQL; gives the rows."""
    rows = 0
    with connection.cursor() as cursor, duckdb.connect() as reader:
        cursor.execute("create schema landed; create schema models")
        for schema, table, files in feeds(home):
            landed = reader.read_parquet(files, union_by_name=True, hive_partitioning=False)
            columns = [f'"{n}" {TYPES.get(str(t), str(t))}' for n, t in zip(landed.columns, landed.types, strict=True)]
            cursor.execute(f"create table {schema}.{table} ({', '.join(columns)})")
            landed.write_csv(str(exchange), header=False, na_rep=NULL, quoting="all")
            with exchange.open(encoding="utf-8") as lines:
                cursor.copy_expert(f"copy {schema}.{table} from stdin (format csv, null '{NULL}')", lines)
            cursor.execute(f"analyze {schema}.{table}")
            rows += cursor.rowcount if cursor.rowcount > 0 else len(landed)
    return rows


def fetch(connection: Any, contracts: Any, exchange: Path, target: Path) -> None:
    """The marts as a DuckDB file, with the types of their contracts."""
    with connection.cursor() as cursor, duckdb.connect(str(target)) as marts:
        for name, contract in sorted(contracts.items()):
            cursor.execute(f"select * from {name} limit 0")
            columns = {column.name: contract.columns[column.name] for column in cursor.description}
            with exchange.open("w", encoding="utf-8") as lines:
                cursor.copy_expert(
                    f"copy (select * from {name}) to stdout (format csv, null '{NULL}', force_quote *)", lines
                )
            marts.execute(f"create schema if not exists {name.split('.')[0]}")
            marts.execute(
                f"create table {name} as select * from read_csv(?, header = false, columns = ?, nullstr = ?,"
                " quote = '\"', escape = '\"', delim = ',', new_line = '\\n', auto_detect = false, parallel = false)",
                [str(exchange), columns, NULL],
            )
            cursor.execute(f"select count(*) from {name}")
            assert marts.table(name).shape[0] == cursor.fetchone()[0], f"rows of {name} got lost"


def main() -> int:
    """Exit code 1 when a mart differs."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("home", type=Path)
    arguments.add_argument("--bin", type=Path, default=Path("/usr/lib/postgresql/15/bin"))
    options = arguments.parse_args()
    home = options.home.resolve()
    with cluster(options.bin) as port, tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with closing(psycopg2.connect(host="127.0.0.1", port=port, user="segmentry", dbname="postgres")) as connection:
            connection.autocommit = True
            started = time.monotonic()
            print(f"rows loaded: {load(home, connection, folder / 'rows.csv'):,} in {time.monotonic() - started:.0f} s")
            environment = os.environ | {
                "SEGMENTRY_HOME": str(home),
                "SEGMENTRY_POSTGRES_PORT": str(port),
                "SEGMENTRY_POSTGRES_DATABASE": "postgres",
            }
            dbt = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--no-use-colors", "build"]
            dbt += ["--target", "postgres", "--vars", "{raw_schema: landed}", "--exclude-resource-type", "unit_test"]
            dbt += ["--target-path", str(folder / "target"), "--log-path", str(folder)]
            started = time.monotonic()
            built = subprocess.run(dbt, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
            failed = [line for line in built.stdout.splitlines() if re.search(r" (ERROR|FAIL) ", line)]
            print(
                *failed,
                built.stdout.strip().splitlines()[-1],
                f"build and tests: {time.monotonic() - started:.0f} s",
                sep="\n",
            )
            contracts = mart_contracts(read_manifest(folder / "target"))
            fetch(connection, contracts, folder / "rows.csv", folder / "marts.duckdb")
        tables = compare(home / "warehouse" / "segmentry.duckdb", folder / "marts.duckdb")
        differing = [table for table in tables if not table.is_equal]
        for table in differing:
            print(
                f"{table.name}: {table.problem} {table.only_a} / {table.only_b} of {table.rows_a} rows",
                *table.examples[:2],
            )
        print(f"{len(tables) - len(differing)} of {len(tables)} marts are equal")
    return 1 if differing or built.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
