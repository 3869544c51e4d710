"""The publish ledger: one small Parquet file per publish, rollback or refusal, read by `trust.publish_ledger`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import duckdb
from pydantic import BaseModel

from segmentry.config import Settings
from segmentry.files import fsync, put_in_place, quoted, temporary_beside

_COLUMNS = (
    "publish_id bigint, run_id varchar, generation bigint, published_at timestamp, git_revision varchar,"
    " dbt_invocation_id varchar, as_of_date date, input_batches bigint, max_load_id bigint, tables bigint,"
    " rows bigint, sha256 varchar, status varchar, reason varchar"
)


class LedgerRow(BaseModel):
    """A change of the published marts. `status` is published, rolled_back, replayed, or refused for a `reason`.

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
    files = [str(path) for path in sorted(ledger_dir(settings).glob("[0-9]*.parquet"))]
    if not files:
        return []
    with duckdb.connect() as connection:
        result = connection.execute("select * from read_parquet(?, union_by_name = true) order by publish_id", [files])
        names = [column[0] for column in result.description]
        return [LedgerRow.model_validate(dict(zip(names, row, strict=True))) for row in result.fetchall()]


def append(settings: Settings, row: LedgerRow) -> LedgerRow:
    """Write the next row atomically. The caller holds the writer lock."""
    folder = ledger_dir(settings)
    folder.mkdir(parents=True, exist_ok=True)
    last = max((int(path.stem) for path in folder.glob("[0-9]*.parquet")), default=0)
    row = row.model_copy(update={"publish_id": last + 1})
    target = folder / f"{row.publish_id:08d}.parquet"
    temporary = temporary_beside(target)
    values = row.model_dump()
    with duckdb.connect() as connection:
        connection.execute(f"create table ledger ({_COLUMNS})")
        connection.execute(
            f"insert into ledger by name select {', '.join(f'${name} as {name}' for name in values)}", values
        )
        connection.execute(f"copy ledger to '{quoted(temporary)}' (format parquet)")
    fsync(temporary)
    put_in_place(temporary, target)
    return row
