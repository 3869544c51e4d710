"""The landing ledger: a small Parquet file for each file, written last, so that what it names is complete."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from segmentry.files import fsync, put_in_place
from segmentry.landing.reasons import LandingError

_SCHEMA = pa.schema(
    [
        ("load_id", pa.int64()),
        ("feed", pa.string()),
        ("file_name", pa.string()),
        ("batch_id", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("remedy", pa.string()),
        ("records", pa.int64()),
        ("accepted", pa.int64()),
        ("quarantined", pa.int64()),
        ("file_bytes", pa.int64()),
        ("extra_columns", pa.string()),
        ("placeholder_ids", pa.int64()),
        ("landed_at", pa.timestamp("us")),
    ]
)


@dataclass(frozen=True)
class LedgerRow:
    """A file that landing handled. ``status`` is landed, unchanged, refused or held; ``landed_at`` is naive UTC."""

    load_id: int
    feed: str
    file_name: str
    batch_id: str
    status: str
    reason: str | None
    remedy: str | None
    records: int
    accepted: int
    quarantined: int
    file_bytes: int
    extra_columns: str | None
    landed_at: datetime
    placeholder_ids: int = 0


class Ledger:
    """What landing has handled: the bytes, names and load ids."""

    def __init__(self, raw: Path) -> None:
        """Read the ledger of the raw folder. Raises LandingError if a ledger file is damaged."""
        self._folder = raw / "_ledger"
        self.load_ids: set[int] = set()
        self.held: set[int] = set()
        self._landed: set[tuple[str, str]] = set()
        self._names: dict[tuple[str, str], str] = {}
        for path in sorted(self._folder.glob("*.parquet")):
            try:
                rows = pq.ParquetFile(path).read(["load_id", "feed", "file_name", "batch_id", "status"]).to_pylist()
            except (pa.ArrowException, OSError):
                raise LandingError(f"{path}: damaged ledger file", "Restore it from a backup.") from None
            for row in rows:
                self._remember(row["load_id"], row["feed"], row["file_name"], row["batch_id"], row["status"])

    def has_landed(self, feed: str, batch_id: str) -> bool:
        """Whether these bytes have landed in the feed, under any name."""
        return (feed, batch_id) in self._landed

    def is_name_taken(self, feed: str, file_name: str, batch_id: str) -> bool:
        """Whether a file with other bytes has used the name in the feed."""
        return self._names.get((feed, file_name), batch_id) != batch_id

    def add(self, row: LedgerRow, temporary: Path) -> None:
        """Write the row durably through ``temporary``."""
        self._folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist([row.__dict__], schema=_SCHEMA), temporary, compression="zstd")
        fsync(temporary)
        put_in_place(temporary, self._folder / f"{row.load_id:08d}.parquet")
        self._remember(row.load_id, row.feed, row.file_name, row.batch_id, row.status)

    def _remember(self, load_id: int, feed: str, file_name: str, batch_id: str, status: str) -> None:
        self.load_ids.add(load_id)
        if status == "held":
            self.held.add(load_id)
        if status not in {"refused", "held"}:
            self._landed.add((feed, batch_id))
            self._names[(feed, file_name)] = batch_id


def read_rows(raw: Path) -> list[LedgerRow]:
    """Every row of the ledger, by load id."""
    rows: list[LedgerRow] = []
    for path in sorted((raw / "_ledger").glob("*.parquet")):
        rows += [LedgerRow(**row) for row in pq.ParquetFile(path).read().to_pylist()]
    return rows


def remove_orphans(raw: Path, load_ids: Collection[int]) -> int:
    """Delete raw and quarantine files that no ledger row names, which a kill left. Returns the highest load id."""
    highest = max(load_ids, default=0)
    for path in [*raw.glob("*/*.parquet"), *raw.glob("_quarantine/*/*.parquet")]:
        number = path.name.partition("-")[0]
        if path.parent.name == "_ledger" or not number.isdigit():
            continue
        highest = max(highest, int(number))
        if int(number) not in load_ids:
            path.unlink()
    return highest
