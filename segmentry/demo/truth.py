"""Write the truth: Parquet tables of derived facts, and a JSON of parameters and counts."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from segmentry.demo.parameters import (
    CAMPAIGNS,
    END_DAY,
    EXPERIMENT,
    FIRST_DAY,
    GAMMA_GAMMA,
    HOLDOUT_SHARE,
    MBG_NBD,
    SBG,
)
from segmentry.demo.writing import Written

TABLES = (
    "identities",
    "people",
    "internal_users",
    "person_days",
    "active_by_month",
    "events_by_month",
    "mrr_changes",
    "mrr_month_end",
    "mrr_movements",
    "mrr_told",
    "churn_events",
    "tenures",
    "conversions",
    "orders",
    "buyers",
    "experiment",
    "campaigns",
    "tickets",
)


def write_truth(con: duckdb.DuckDBPyConnection, folder: Path, written: Written, *, scale: float, seed: int) -> None:
    """Write `truth_<name>` tables as `<name>.parquet` and `truth.json`."""
    for table in TABLES:
        con.execute(f"copy (from truth_{table}) to '{folder / table}.parquet' (format parquet, compression zstd)")
    document = {
        "scale": scale,
        "seed": seed,
        "first_day": FIRST_DAY.isoformat(),
        "last_day": "2025-12-31",
        "end_day": END_DAY.isoformat(),
        "reporting_currency": "USD",
        "conventions": {
            "person_id": "smallest user_id of the person; NULL for an anonymous id that never identified",
            "active": "at least one event other than background_sync; internal, test and bot people left out",
            "mrr": "status active or past_due on a paid plan, state at the end of the day (UTC), cents rounded half up "
            "per phase at the rate of the day the phase starts",
            "orders": "category one_off only; refunds and chargebacks both count as refunded; money converted per line "
            "at the rate of the line's own day, half up",
        },
        "parameters": {
            "mbg_nbd": {**MBG_NBD, "time_unit": "week"},
            "gamma_gamma": {**GAMMA_GAMMA, "currency": "USD"},
            "sbg_tenure": [
                {"billing_interval": interval, "tenure_group": group, "alpha": alpha, "beta": beta}
                for (interval, group), (alpha, beta) in SBG.items()
            ],
            "experiment": EXPERIMENT,
            "campaigns": CAMPAIGNS,
            "holdout_share": HOLDOUT_SHARE,
        },
        "facts": {
            "distinct_events": _scalar(con, "select sum(events)::bigint from truth_events_by_month"),
            "people": _scalar(con, "select count(*) from truth_people"),
            "internal_user_ids": _scalar(con, "select count(*) from usr where is_internal"),
            "shared_devices": _scalar(con, "select count(distinct a) from usr where shares_device"),
            "orders": _scalar(con, "select count(*) from truth_orders"),
        },
        "rows": dict(sorted(written.rows.items())),
        "distinct": dict(sorted(written.distinct.items())),
        "duplicates": dict(sorted(written.duplicates.items())),
        "dirt": dict(sorted(written.dirt.items())),
    }
    (folder / "truth.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _scalar(con: duckdb.DuckDBPyConnection, query: str) -> int:
    row = con.execute(query).fetchone()
    return int(row[0]) if row else 0
