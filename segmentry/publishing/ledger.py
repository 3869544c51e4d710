"""The publish ledger: one small Parquet file per publish, rollback or refusal. `trust.publish_ledger` reads them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from segmentry.config import Settings
from segmentry.files import fsync, put_in_place, temporary_beside

_SCHEMA = pa.schema(
    [
        ("publish_id", pa.int64()),
        ("run_id", pa.string()),
        ("generation", pa.int64()),
        ("published_at", pa.timestamp("us")),
        ("git_revision", pa.string()),
        ("dbt_invocation_id", pa.string()),
        ("as_of_date", pa.date32()),
        ("input_batches", pa.int64()),
        ("max_load_id", pa.int64()),
        ("tables", pa.int64()),
        ("rows", pa.int64()),
        ("sha256", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
    ]
)


class LedgerRow(BaseModel):
    """One act on the published marts. `status`: published, rolled_back, replayed or refused (then `reason` says why).

    `published_at` is naive UTC; `generation` is None for refusals and replays.
    """

    run_id: str
    status: str
    published_at: datetime
    publish_id: int = 0
    generation: int | None = None
    git_revision: str | None = None
    dbt_invocation_id: str | None = None
    as_of_date: date | None = None
    input_batches: int = 0
    max_load_id: int = 0
    tables: int = 0
    rows: int = 0
    sha256: str | None = None
    reason: str | None = None


def ledger_dir(settings: Settings) -> Path:
    """The folder of the ledger's files."""
    return settings.runs / "publish_ledger"


def read_ledger(settings: Settings) -> list[LedgerRow]:
    """Every row, oldest first."""
    files = sorted(ledger_dir(settings).glob("[0-9]*.parquet"))
    return [LedgerRow.model_validate(row) for path in files for row in pq.read_table(path).to_pylist()]


def append(settings: Settings, row: LedgerRow) -> LedgerRow:
    """Write the next row; the file is there whole or not at all. The caller holds the writer lock."""
    folder = ledger_dir(settings)
    folder.mkdir(parents=True, exist_ok=True)
    last = max((int(path.stem) for path in folder.glob("[0-9]*.parquet")), default=0)
    row = row.model_copy(update={"publish_id": last + 1})
    target = folder / f"{row.publish_id:08d}.parquet"
    temporary = temporary_beside(target)
    pq.write_table(pa.Table.from_pylist([row.model_dump()], schema=_SCHEMA), temporary)
    fsync(temporary)
    put_in_place(temporary, target)
    return row
