"""The inputs of a publish, from the landing ledger."""
# ruff: noqa: S608 (nothing is put into a statement but a quoted path and load ids)

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
from pydantic import BaseModel

from segmentry.errors import AuditFailedError
from segmentry.files import quoted
from segmentry.warehouse import BuildRecord


class Inputs(BaseModel):
    """Landed batches: how many, and the highest load id (0 when nothing was landed)."""

    batches: int = 0
    max_load_id: int = 0


def landed_inputs(raw: Path, record: BuildRecord | None = None) -> Inputs:
    """Count the landed batches of a home, or those that a build has read."""
    if not _files(raw):
        return Inputs()
    ((batches, max_load_id),) = _rows(f"select count(*), coalesce(max(load_id), 0) from ({_landed(raw, record)})")
    return Inputs(batches=batches, max_load_id=max_load_id)


def check_quarantine(raw: Path, record: BuildRecord, since_load_id: int, max_share: float) -> None:
    """Raise AuditFailedError if more than `max_share` of a feed's records after a load id are in quarantine."""
    if not _files(raw):
        return
    rows = _rows(
        f"select feed, sum(quarantined), sum(records) from ({_landed(raw, record)}) where load_id > ? group by feed"
        " having sum(quarantined) > ? * sum(records) order by feed",
        [since_load_id, max_share],
    )
    if rows:
        found = "; ".join(f"{feed}: {bad} of {all_} records ({bad / all_:.1%})" for feed, bad, all_ in rows)
        raise AuditFailedError(
            "quarantined_share",
            f"more than {max_share:.1%} of the newly landed records are in quarantine: {found}",
            "`segmentry status` lists the reasons. Fix the source, or accept it with --max-quarantined-share SHARE.",
        )


def _rows(sql: str, parameters: Sequence[object] = ()) -> list[Any]:
    """All rows of a query, on a connection of its own: a shared one may have an unread result."""
    with duckdb.connect() as connection:
        return connection.execute(sql, parameters).fetchall()


def _files(raw: Path) -> bool:
    return any((raw / "_ledger").glob("*.parquet"))


def _landed(raw: Path, record: BuildRecord | None) -> str:
    pattern = quoted(raw / "_ledger" / "*.parquet")
    landed = f"select * from read_parquet('{pattern}', union_by_name = true) where status = 'landed'"
    if record is None:
        return landed
    # the build has not read what landed or was released after it began
    unseen = ", ".join(map(str, [0, *record.held_loads]))
    return f"{landed} and load_id <= {record.max_load_id} and load_id not in ({unseen})"
