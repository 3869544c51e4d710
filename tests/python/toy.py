"""A hand-made home: a few marts in a build file, as if dbt had built them green. For tests of everything after dbt."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from segmentry.config import Settings
from segmentry.landing.ledger import read_rows
from segmentry.warehouse import BuildRecord
from segmentry.warehouse.record import file_state

CONTRACTS = {
    "core.dim_customers": {"customer_id": "varchar", "mark": "integer", "spend": "decimal(18,2)"},
    "core.fct_customer_days": {"customer_id": "string", "activity_date": "date", "mark": "int"},
    "kpis.kpi_active_customers": {"as_of_date": "date", "mark": "integer", "active_customers": "bigint"},
}


def settings(home: Path, **more: object) -> Settings:
    """A home and a project folder beside it that has nothing but dbt_project.yml."""
    project = home / "project"
    project.mkdir(parents=True, exist_ok=True)
    (project / "dbt_project.yml").write_text("name: toy\nvars:\n  as_of_date: null\n  known_at: null\n")
    return Settings.load(home=home, project_dir=project, env={}, **more)


def green_build(where: Settings, mark: int = 1, rows: int = 1000) -> BuildRecord:
    """Write a build file whose every mart carries `mark`, dbt's manifest, and the record of a green build."""
    warehouse = where.warehouse()
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema core; create schema kpis; create schema staging")
        connection.execute("create table staging.stg_secrets as select 'a@example.org' as email")
        connection.execute("create table core.left_behind as select 'a removed model' as note")
        connection.execute(
            f"create table core.dim_customers as select 'c' || i as customer_id, {mark} as mark,"
            f" (i * 7 % 1000)::decimal(18, 2) as spend from range({rows}) as t(i)"
        )
        connection.execute(
            f"create view core.fct_customer_days as select customer_id, date '2026-01-31' as activity_date,"
            f" {mark} as mark from {warehouse.stem}.core.dim_customers"
        )
        connection.execute(
            f"create table kpis.kpi_active_customers as select date '2026-01-31' as as_of_date, {mark} as mark,"
            f" {rows}::bigint as active_customers"
        )
    record = BuildRecord(
        run_id=f"run-{mark}",
        status="green",
        preset="feeds",
        vars={},
        warehouse=warehouse,
        target_dir=where.runs / "target",
        started_at=datetime(2026, 2, 1, tzinfo=UTC),
        finished_at=datetime(2026, 2, 1, 0, 1, tzinfo=UTC),
        dbt_invocation_id="an-invocation",
        git_revision="a-revision",
        max_load_id=max((row.load_id for row in read_rows(where.raw)), default=0),
        held_loads=[row.load_id for row in read_rows(where.raw) if row.status == "held"],
        file_state=file_state(warehouse),
    )
    record.target_dir.mkdir(parents=True, exist_ok=True)
    (where.runs / "last_build.json").write_text(record.model_dump_json())
    write_contracts(where, CONTRACTS)
    return record


def write_contracts(where: Settings, contracts: dict[str, dict[str, str]]) -> None:
    """dbt's manifest.json with these enforced contracts, as far as publishing reads it."""
    nodes = {
        f"model.toy.{name.split('.')[1]}": {
            "resource_type": "model",
            "schema": name.split(".")[0],
            "alias": name.split(".")[1],
            "description": "One row per 'thing'.",
            "config": {"materialized": "table", "contract": {"enforced": True}},
            "columns": {c: {"name": c, "data_type": t, "description": f"The {c}."} for c, t in columns.items()},
        }
        for name, columns in contracts.items()
    }
    (where.runs / "target" / "manifest.json").write_text(json.dumps({"nodes": nodes}))


def landed(where: Settings, load_id: int, feed: str, records: int, quarantined: int, status: str = "landed") -> None:
    """One row of the landing ledger."""
    folder = where.raw / "_ledger"
    folder.mkdir(parents=True, exist_ok=True)
    row = {
        "load_id": load_id,
        "feed": feed,
        "file_name": f"{feed}-{load_id}.csv",
        "batch_id": f"{load_id:08d}",
        "status": status,
        "reason": None,
        "remedy": None,
        "records": records,
        "accepted": records - quarantined,
        "quarantined": quarantined,
        "file_bytes": 1,
        "extra_columns": None,
        "landed_at": datetime(2026, 2, 1),
    }
    pq.write_table(pa.Table.from_pylist([row]), folder / f"{load_id:08d}.parquet")


def marks(marts: Path) -> set[int]:
    """The marks in a published file: one, unless generations are mixed."""
    with duckdb.connect(str(marts), read_only=True) as connection:
        rows = connection.execute(
            "select mark from core.dim_customers union select mark from core.fct_customer_days"
            " union select mark from kpis.kpi_active_customers"
        ).fetchall()
    return {row[0] for row in rows}


AS_OF = date(2026, 1, 31)
