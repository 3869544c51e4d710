"""Land the files of the inbox one by one, each completely or not at all.

The writes of a file come in this order: temporary files, quarantine, raw rows, ledger row, file moved out of the inbox.
A kill leaves at most files that no ledger row names. The next landing deletes them and lands the file again.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from segmentry.contracts import Contract, ContractError
from segmentry.files import fsync, put_in_place, sha256
from segmentry.landing.admission import MANIFEST_ENDING, Incoming, admit, check_kind, identity_of
from segmentry.landing.held_files import finish_interrupted_holds
from segmentry.landing.ledger import Ledger, LedgerRow, remove_orphans
from segmentry.landing.parquet_source import read_parquet_file
from segmentry.landing.reasons import LandingError, RefusedFileError, cell_remedy
from segmentry.landing.source import Source, literal, read_parquet
from segmentry.landing.split import Lineage, check_contract, write_accepted, write_quarantined
from segmentry.landing.text_source import read_text
from segmentry.progress import Progress

_LOG = logging.getLogger("segmentry.landing")
_DONE_FOLDERS = ("landed", "refused")
_EXAMPLES = 20
_MEMORY_LIMIT = "2GB"


@dataclass(frozen=True)
class RejectedCell:
    """Why a row was rejected. ``row`` is its number in the file, from 1; ``column`` is '' for the whole row."""

    row: int
    column: str
    code: str
    remedy: str


@dataclass(frozen=True)
class LandedFile:
    """The outcome for a file: ``status`` is landed, unchanged or refused. Contains no value of the file.

    ``reasons`` counts quarantined rows by reason code (``not_a_number:amount``); a row can count under several.
    ``placeholders`` counts accepted rows by the column in which a placeholder stood for no id.
    """

    load_id: int
    feed: str
    file_name: str
    batch_id: str
    status: str
    reason: str | None = None
    remedy: str | None = None
    records: int = 0
    accepted: int = 0
    quarantined: int = 0
    extra_columns: tuple[str, ...] = ()
    reasons: dict[str, int] = field(default_factory=dict)
    examples: tuple[RejectedCell, ...] = ()
    placeholders: dict[str, int] = field(default_factory=dict)


def land(
    home: Path,
    contracts: Mapping[str, Contract],
    *,
    now: datetime,
    feeds: Collection[str] | None = None,
    on_progress: Progress | None = None,
) -> list[LandedFile]:
    """Land every file of ``home/inbox/<feed>/``, in order of feed and name; return one result per file.

    ``now`` is the landing instant (with zone) and the only clock. ``feeds`` limits the work to these feeds.
    ``on_progress(feed/file, files done, files in all)`` is called after each file. The caller holds the lock of home.

    Raises ContractError when a row rule cannot be evaluated and LandingError when the machine, not a file, is at
    fault; files not yet handled stay in the inbox.
    """
    if now.tzinfo is None:
        raise ValueError("now must carry a zone")
    home = home.resolve()
    if any(mark in str(home) for mark in "*?["):
        raise LandingError(f"{home}: the home folder's path must not hold * ? or [", "Move it.")
    unknown = sorted(set(feeds or ()) - set(contracts))
    if unknown:
        raise LandingError(f"no contract for feed {', '.join(unknown)}", f"Feeds are {', '.join(sorted(contracts))}.")
    waiting = list(_waiting(home / "inbox", contracts, feeds))
    raw = home / "raw"
    scratch = raw / "_tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        ledger = Ledger(raw)
        last_load_id = remove_orphans(raw, ledger.load_ids)
        finish_interrupted_holds(raw, ledger.held)
        with _connect(home, scratch) as connection:
            for feed in sorted({feed for feed, _ in waiting}):
                _check_rules(connection, contracts[feed])
            lander = FileLander(raw, scratch, connection, ledger, now.astimezone(UTC).replace(tzinfo=None))
            results = []
            for done, (feed, path) in enumerate(waiting, start=1):
                results.append(lander.handle(contracts[feed], feed, path, last_load_id + done))
                if on_progress:
                    on_progress(f"{feed}/{results[-1].file_name}", done, len(waiting))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return results


def _waiting(
    inbox: Path, contracts: Mapping[str, Contract], feeds: Collection[str] | None
) -> Iterator[tuple[str, Path]]:
    """Files to land, by feed and name. Names that begin with a dot or end in ``.part`` are still being written."""
    for folder in sorted(inbox.iterdir()) if inbox.is_dir() else []:
        if folder.is_symlink():
            raise LandingError(f"inbox/{ascii(folder.name)[1:-1]} is a link", "Make it a folder.")
        if not folder.is_dir() or folder.name.startswith("."):
            continue
        if folder.name not in contracts:
            _LOG.warning("inbox/%s: no contract of this name; left as it is", ascii(folder.name)[1:-1])
            continue
        if feeds is not None and folder.name not in feeds:
            continue
        for path in sorted(folder.iterdir(), key=lambda path: os.fsencode(path.name)):
            is_skipped = path.name.startswith(".") or path.name.endswith((".part", MANIFEST_ENDING))
            if path.name in _DONE_FOLDERS:
                if path.is_symlink() or not path.is_dir():
                    raise LandingError(f"inbox/{folder.name}/{path.name} must be a folder", "Move it elsewhere.")
            elif not is_skipped:
                yield folder.name, path


def _connect(home: Path, scratch: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB with limited memory that can only read and write in the home."""
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false")  # the caller shows progress
    connection.execute(f"set memory_limit = '{_MEMORY_LIMIT}'")
    connection.execute(f"set temp_directory = {literal(scratch / 'spill')}")
    connection.execute("set timezone = 'UTC'")
    connection.execute(f"set allowed_directories = [{literal(home)}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def _check_rules(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    try:
        check_contract(connection, contract)
    except duckdb.Error as error:
        raise ContractError(f"contract {contract.name}: a row rule cannot be evaluated: {error}") from None


@dataclass(frozen=True)
class FileLander:
    """Lands one file at a time. ``now`` is naive UTC."""

    raw: Path
    scratch: Path
    connection: duckdb.DuckDBPyConnection
    ledger: Ledger
    now: datetime

    def handle(self, contract: Contract, feed: str, path: Path, load_id: int) -> LandedFile:
        """Land, skip or refuse a file, write its ledger row and move it out of the inbox."""
        shown_name = ascii(path.name)[1:-1] if not path.name.isprintable() else path.name
        batch_id, file_bytes = "", 0
        try:
            check_kind(path)
            file_bytes = path.stat().st_size
            batch_id = _sha256_of(path)
            if self.ledger.has_landed(feed, batch_id):
                result = LandedFile(load_id, feed, shown_name, batch_id, "unchanged")
            elif self.ledger.is_name_taken(feed, path.name, batch_id):
                raise RefusedFileError("name_reused")
            else:
                result = self._land(contract, admit(path, batch_id), load_id)
        except RefusedFileError as refused:
            result = LandedFile(load_id, feed, shown_name, batch_id, "refused", refused.reason, refused.remedy)
        self._record(result, file_bytes)
        _move(path, path.parent / ("refused" if result.status == "refused" else "landed"), load_id)
        _LOG.info(
            "%s/%s: %s%s, %d records, %d accepted, %d quarantined",
            *(feed, shown_name, result.status, f" ({result.reason})" if result.reason else ""),
            *(result.records, result.accepted, result.quarantined),
        )
        return result

    def _land(self, contract: Contract, incoming: Incoming, load_id: int) -> LandedFile:
        lineage = Lineage(contract.name, incoming.batch_id, incoming.path.name, load_id, self.now)
        good, bad = self.scratch / "accepted.parquet", self.scratch / "quarantined.parquet"
        stage = self.scratch / "stage.parquet"
        for leftover in (good, bad, stage):
            leftover.unlink(missing_ok=True)
        if incoming.format == "parquet":
            source = read_parquet_file(incoming, contract, self.connection)
        else:
            source = read_text(incoming, contract, stage)
        if incoming.manifest and incoming.manifest.records != source.records:
            raise RefusedFileError("manifest_disagrees")
        try:
            accepted = write_accepted(self.connection, contract, source, lineage, good)
            # A second pass only where rows are missing: files are clean most of the time.
            quarantined = (
                write_quarantined(self.connection, contract, source, lineage, bad) if accepted < source.records else 0
            )
            reasons, examples = self._explain(bad) if quarantined else ({}, ())
            placeholders = self._placeholders(contract, source, good) if accepted else {}
        except duckdb.Error as error:
            raise classify_error(error, incoming) from None
        if identity_of(incoming.path) != incoming.identity:
            raise RefusedFileError("changed_while_reading")
        if source.records != accepted + quarantined:
            raise RefusedFileError("counts_disagree")
        name = f"{load_id:08d}-{incoming.batch_id[:12]}.parquet"
        if quarantined:
            _put(bad, self.raw / "_quarantine" / contract.name / name)
        if accepted:
            _put(good, self.raw / contract.name / name)
        return LandedFile(
            *(load_id, contract.name, incoming.path.name, incoming.batch_id, "landed"),
            records=source.records,
            accepted=accepted,
            quarantined=quarantined,
            extra_columns=source.extra_columns,
            reasons=reasons,
            examples=examples,
            placeholders=placeholders,
        )

    def _explain(self, quarantined: Path) -> tuple[dict[str, int], tuple[RejectedCell, ...]]:
        """Rows by reason, and the first rejected cells."""
        each = f"select _row, unnest(string_split(reasons, ',')) as reason from {read_parquet(quarantined)}"  # noqa: S608
        by_reason = f"select reason, count(*) from ({each}) group by 1 order by 1"  # noqa: S608
        counts = self.connection.execute(by_reason).fetchall()
        first = self.connection.execute(f"{each} order by _row, reason limit {_EXAMPLES}").fetchall()
        examples = []
        for row, reason in first:
            code, _, column = reason.partition(":")
            examples.append(RejectedCell(row, column, code, cell_remedy(code)))
        return dict(counts), tuple(examples)

    def _placeholders(self, contract: Contract, source: Source, accepted: Path) -> dict[str, int]:
        """Accepted rows by the column in which a placeholder stood. Their text is in ``_extra``."""
        headers = {column.name: source.columns[column.name].header
                   for column in contract.columns if column.placeholders and column.name in source.columns}  # fmt: skip
        if not headers:
            return {}
        counts = ", ".join(f"count(json_extract(_extra, [{literal(header)}])[1])" for header in headers.values())
        found = self.connection.execute(
            f"select {counts} from {read_parquet(accepted)} where _extra is not null"  # noqa: S608
        ).fetchone()
        return {name: count for name, count in zip(headers, found or (), strict=True) if count}

    def _record(self, result: LandedFile, file_bytes: int) -> None:
        self.ledger.add(
            LedgerRow(
                load_id=result.load_id,
                feed=result.feed,
                file_name=result.file_name,
                batch_id=result.batch_id,
                status=result.status,
                reason=result.reason,
                remedy=result.remedy,
                records=result.records,
                accepted=result.accepted,
                quarantined=result.quarantined,
                file_bytes=file_bytes,
                extra_columns=",".join(result.extra_columns) or None,
                placeholder_ids=sum(result.placeholders.values()),
                landed_at=self.now,
            ),
            self.scratch / "ledger.parquet",
        )


def _sha256_of(path: Path) -> str:
    try:
        return sha256(path)
    except PermissionError:
        raise RefusedFileError("unreadable_file") from None


def classify_error(error: duckdb.Error, incoming: Incoming) -> Exception:
    """Blame the file if its rows need too much memory or its Parquet is damaged, else the machine.

    DuckDB's own text is dropped: it may hold values.
    """
    if isinstance(error, duckdb.OutOfMemoryException):
        return RefusedFileError("needs_too_much_memory")
    if incoming.format == "parquet":
        try:
            for batch in pq.ParquetFile(incoming.path).iter_batches():
                batch.validate(full=True)
        except (pa.ArrowException, OSError):
            return RefusedFileError("unreadable_parquet")
    return LandingError(
        f"{incoming.path.name}: stopped by {type(error).__name__} of DuckDB; the file stays in the inbox",
        "Free disk space and run the same command again.",
    )


def _put(ready: Path, target: Path) -> None:
    """Move a finished temporary file into place, durably."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fsync(ready)
    put_in_place(ready, target)


def _move(path: Path, folder: Path, load_id: int) -> None:
    """Move a file and its manifest. If another file has the name there, put the load id in front."""
    folder.mkdir(exist_ok=True)
    for source in (path, path.with_name(path.name + MANIFEST_ENDING)):
        if not os.path.lexists(source):
            continue
        target = folder / source.name
        if os.path.lexists(target):
            target = folder / f"{load_id:08d}-{source.name}"
        source.replace(target)
