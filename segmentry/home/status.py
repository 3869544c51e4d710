"""The state of a home: what landed, what is in quarantine, the last build, what is published, and who writes now."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
from pydantic import BaseModel

from segmentry.config import Settings
from segmentry.files import quoted
from segmentry.home.lock import Holder, current_holder
from segmentry.publishing import LedgerRow, current_generation, generations, read_ledger
from segmentry.warehouse import BuildRecord, read_record


class FeedStatus(BaseModel):
    """The files of a feed. `held` files wait for a decision. `last_landed_at` is naive UTC."""

    feed: str
    files: int
    refused: int
    held: int
    records: int
    accepted: int
    quarantined: int
    last_landed_at: datetime | None


class QuarantineReason(BaseModel):
    """How many rows of a feed are in quarantine for a reason."""

    feed: str
    reason: str
    rows: int


class Status(BaseModel):
    """Everything `segmentry status` shows."""

    home: Path
    holder: Holder | None
    feeds: list[FeedStatus]
    quarantine: list[QuarantineReason]
    build: BuildRecord | None
    generation: int | None
    kept_generations: list[int]
    publishes: list[LedgerRow]


def read_status(settings: Settings) -> Status:
    """Read the state of a home. Changes nothing and does not wait for a writer."""
    current = current_generation(settings.published)
    return Status(
        home=settings.home,
        holder=current_holder(settings.home),
        feeds=_feeds(settings.raw),
        quarantine=_quarantine(settings.raw),
        build=read_record(settings),
        generation=current.number if current else None,
        kept_generations=[generation.number for generation in generations(settings.published)],
        publishes=read_ledger(settings),
    )


def _feeds(raw: Path) -> list[FeedStatus]:
    rows = _query(
        raw / "_ledger",
        "*.parquet",
        "select feed, count(*) filter (status = 'landed') as files, count(*) filter (status = 'refused') as refused,"
        " count(*) filter (status = 'held') as held,"
        " coalesce(sum(records) filter (status = 'landed'), 0)::bigint as records,"
        " coalesce(sum(accepted) filter (status = 'landed'), 0)::bigint as accepted,"
        " coalesce(sum(quarantined) filter (status = 'landed'), 0)::bigint as quarantined,"
        " max(landed_at) filter (status = 'landed') as last_landed_at"
        " from {files} group by feed order by feed",
    )
    return [FeedStatus.model_validate(row) for row in rows]


def _quarantine(raw: Path) -> list[QuarantineReason]:
    rows = _query(
        raw / "_quarantine",
        "*/*.parquet",
        "select feed, reason, count(*) as rows"
        " from (select feed, unnest(string_split(reasons, ',')) as reason from {files})"
        " group by feed, reason order by feed, rows desc, reason",
    )
    return [QuarantineReason.model_validate(row) for row in rows]


def _query(folder: Path, pattern: str, sql: str) -> list[dict[str, object]]:
    if not any(folder.glob(pattern)):
        return []
    with duckdb.connect() as connection:
        result = connection.execute(
            sql.format(files=f"read_parquet('{quoted(folder / pattern)}', union_by_name = true)")
        )
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
