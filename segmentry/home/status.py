"""The state of a home: what landed, what is in quarantine, the last build, what is published, and who writes now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from pydantic import BaseModel

from segmentry.config import Settings
from segmentry.files import quoted
from segmentry.home.lock import Holder, current_holder
from segmentry.landing import ledger as landing_ledger
from segmentry.publishing import Generation, LedgerRow, current_generation, generations, read_ledger
from segmentry.warehouse import BuildRecord, read_record


class FeedStatus(BaseModel):
    """The files of a feed, and its records: accepted, duplicates, quarantined, or not yet published.

    `held` files wait for a decision. `last_landed_at` is naive UTC.
    """

    feed: str
    files: int
    refused: int
    held: int
    records: int
    accepted: int
    duplicates: int
    quarantined: int
    unpublished: int
    last_landed_at: datetime | None


class QuarantineReason(BaseModel):
    """How many rows of a feed are in quarantine for a reason."""

    feed: str
    reason: str
    rows: int


class SubscriptionOverlaps(BaseModel):
    """How many phases of published subscriptions a later phase of the same item cut short, by kind."""

    kind: str
    phases: int


class Status(BaseModel):
    """Everything `segmentry status` shows."""

    home: Path
    holder: Holder | None
    feeds: list[FeedStatus]
    quarantine: list[QuarantineReason]
    overlaps: list[SubscriptionOverlaps]
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
        feeds=_feeds(settings),
        quarantine=_quarantine(settings.raw),
        overlaps=_overlaps(current),
        build=read_record(settings),
        generation=current.number if current else None,
        kept_generations=[generation.number for generation in generations(settings.published)],
        publishes=read_ledger(settings),
    )


def _feeds(settings: Settings) -> list[FeedStatus]:
    """Landing knows which records are valid; which of those are duplicates is known when they are published."""
    published = {row["load_id"]: row for row in _published_loads(settings.published)}
    feeds: dict[str, list[landing_ledger.LedgerRow]] = {}
    for row in landing_ledger.read_rows(settings.raw):
        feeds.setdefault(row.feed, []).append(row)
    return [_feed(feed, rows, published) for feed, rows in sorted(feeds.items())]


def _feed(feed: str, rows: list[landing_ledger.LedgerRow], published: Mapping[int, Mapping[str, Any]]) -> FeedStatus:
    landed = [row for row in rows if row.status == "landed"]
    known = [published[row.load_id] for row in landed if row.load_id in published]
    return FeedStatus(
        feed=feed,
        files=len(landed),
        refused=sum(row.status == "refused" for row in rows),
        held=sum(row.status == "held" for row in rows),
        records=sum(row.records for row in landed),
        accepted=sum(row["accepted"] for row in known),
        duplicates=sum(row["duplicates"] for row in known),
        quarantined=sum(row.quarantined for row in landed),
        unpublished=sum(row.accepted for row in landed if row.load_id not in published),
        last_landed_at=max((row.landed_at for row in landed), default=None),
    )


def _published_loads(published: Path) -> list[dict[str, Any]]:
    """The landed files of the published feed ledger. Read as Parquet: no reader of it waits for a writer."""
    return _query(
        published / "parquet" / "trust" / "feed_ledger",
        "*.parquet",
        "select load_id, accepted, duplicates from {files} where status = 'landed'",
    )


def _quarantine(raw: Path) -> list[QuarantineReason]:
    rows = _query(
        raw / "_quarantine",
        "*/*.parquet",
        "select feed, reason, count(*) as rows"
        " from (select feed, unnest(string_split(reasons, ',')) as reason from {files})"
        " group by feed, reason order by feed, rows desc, reason",
    )
    return [QuarantineReason.model_validate(row) for row in rows]


def _overlaps(generation: Generation | None) -> list[SubscriptionOverlaps]:
    folder = generation.folder / "parquet" / "trust" / "subscription_overlaps" if generation else None
    if folder is None:
        return []
    rows = _query(
        folder, "*.parquet", "select overlap_kind as kind, count(*) as phases from {files} group by kind order by kind"
    )
    return [SubscriptionOverlaps.model_validate(row) for row in rows]


def _query(folder: Path, pattern: str, sql: str) -> list[dict[str, Any]]:
    if not any(folder.glob(pattern)):
        return []
    with duckdb.connect() as connection:
        result = connection.execute(
            sql.format(files=f"read_parquet('{quoted(folder / pattern)}', union_by_name = true)")
        )
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
