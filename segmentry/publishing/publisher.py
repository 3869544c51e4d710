"""Publish a green build, or roll back to an older generation.

Whatever happens meanwhile (a kill, a full disk), `marts.duckdb` is the old file or the new one. The next run clears
what an interrupted one left. The caller of every function holds the writer lock.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from segmentry.config import Settings, quarantine_limit
from segmentry.dbt.manifest import mart_contracts, read_manifest
from segmentry.errors import AuditFailedError, EnvironmentProblemError, UsageError
from segmentry.files import fsync, put_in_place, sha256, temporary_beside
from segmentry.progress import Progress
from segmentry.publishing import ledger
from segmentry.publishing.audit import audit_marts, audit_parquet
from segmentry.publishing.generation import (
    Generation,
    Manifest,
    as_of_date,
    copy_marts,
    export_parquet,
    generations,
    seal,
)
from segmentry.publishing.inputs import check_quarantine, landed_inputs
from segmentry.warehouse import BuildRecord

_MAKING = ".making"


def publish(
    settings: Settings,
    record: BuildRecord,
    run_id: str,
    *,
    replay_label: str | None = None,
    on_progress: Progress | None = None,
) -> Manifest:
    """Copy, audit and publish the marts of a green build. Returns the new generation's manifest.

    A replay is published in `published/replays/<label>` and changes nothing else.
    Raises AuditFailedError (nothing published) or EnvironmentProblemError (disk full).
    """
    root = _root(settings, replay_label)
    _tidy(settings, root, replay_label)
    try:
        with _disk_errors(root):
            generation, manifest = _make(
                settings, record, run_id, root=root, replay_label=replay_label, on_progress=on_progress
            )
            _put_in_place(root, generation)
    except AuditFailedError as error:
        row = ledger.LedgerRow(run_id=run_id, status="refused", published_at=_now(), reason=error.message)
        ledger.append(settings, row)
        raise
    ledger.append(settings, _ledger_row(manifest, "replayed" if replay_label else "published"))
    _prune(root, keep=1 if replay_label else settings.keep_generations)
    return manifest


def rollback(settings: Settings, run_id: str, to: int | None = None) -> Manifest:
    """Publish an older generation again, by default the previous one.

    Raises UsageError if there is no such generation, AuditFailedError if its file was changed.
    """
    root = settings.published
    _tidy(settings, root)
    kept = {generation.number: generation for generation in generations(root)}
    current = current_generation(root)
    if to is None:
        older = [number for number in kept if current is not None and number < current.number]
        if not older:
            raise UsageError("there is no older generation", "`segmentry status` lists the generations that are kept.")
        to = max(older)
    if to not in kept:
        listed = ", ".join(map(str, kept)) or "none"
        raise UsageError(f"generation {to} is not kept", f"Kept generations: {listed}.")
    manifest = kept[to].manifest()
    if sha256(kept[to].marts) != manifest.sha256:
        raise AuditFailedError("sha256", f"generation {to} was changed after it was published", "Choose another one.")
    _put_in_place(root, kept[to])
    row = _ledger_row(manifest, "rolled_back").model_copy(update={"run_id": run_id, "published_at": _now()})
    ledger.append(settings, row)
    return manifest


def current_generation(root: Path) -> Generation | None:
    """The generation that `marts.duckdb` is a link to or a copy of, or None."""
    published = root / "marts.duckdb"
    if not published.is_file():
        return None
    kept = generations(root)
    linked = [g for g in kept if g.marts.samefile(published)]
    return next(iter(linked or [g for g in kept if _is_copy(g.marts, published)]), None)


def _make(
    settings: Settings,
    record: BuildRecord,
    run_id: str,
    *,
    root: Path,
    replay_label: str | None,
    on_progress: Progress | None,
) -> tuple[Generation, Manifest]:
    """Write and audit a generation. It gets its number when it is complete."""
    current = current_generation(root)
    inputs = landed_inputs(settings.raw, record)
    if not replay_label:
        since = current.manifest().max_load_id if current else 0
        check_quarantine(settings.raw, record, since, quarantine_limit(settings, record.preset))
    contracts = mart_contracts(read_manifest(record.target_dir))
    making = root / "generations" / _MAKING
    try:
        facts = copy_marts(record.warehouse, making / "marts.duckdb", contracts, on_progress)
        audit_marts(making / "marts.duckdb", facts, contracts)
        export_parquet(making / "marts.duckdb", making / "parquet", facts, on_progress)
        audit_parquet(making / "parquet", facts)
        number = _next_number(settings, root, replay_label)
        manifest = Manifest(
            generation=number,
            run_id=run_id,
            created_at=_now(),
            preset=record.preset,
            as_of_date=as_of_date(making / "marts.duckdb", facts),
            git_revision=record.git_revision,
            dbt_invocation_id=record.dbt_invocation_id,
            duckdb_version=duckdb.__version__,
            input_batches=inputs.batches,
            max_load_id=inputs.max_load_id,
            sha256=sha256(making / "marts.duckdb"),
            tables=facts,
        )
        seal(making, manifest)
        generation = Generation(number=number, folder=making.with_name(f"{number:06d}"))
        put_in_place(making, generation.folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return generation, manifest


def _put_in_place(root: Path, generation: Generation) -> None:
    """Swap the DuckDB file, then the Parquet folder. Each swap is atomic for readers."""
    target = root / "marts.duckdb"
    # a client that opened the published file for writing may have left one: it belongs to no generation
    target.with_name("marts.duckdb.wal").unlink(missing_ok=True)
    ready = temporary_beside(target)
    try:
        os.link(generation.marts, ready)
    except OSError:
        # a file system without hard links
        shutil.copy2(generation.marts, ready)
        fsync(ready)
    # os.rename leaves both names alone when they are links to one file: then nothing is to be swapped
    put_in_place(ready, target)
    ready.unlink(missing_ok=True)
    link = temporary_beside(root / "parquet")
    link.symlink_to(Path("generations") / generation.folder.name / "parquet")
    put_in_place(link, root / "parquet")


def _tidy(settings: Settings, root: Path, replay_label: str | None = None) -> None:
    """Clean up after a killed run: incomplete and unpublished generations, temporary files, a missing ledger row."""
    for leftover in [*root.glob(".*.tmp"), *(root / "generations").glob("*/.*.tmp")]:
        leftover.unlink(missing_ok=True)
    shutil.rmtree(root / "generations" / _MAKING, ignore_errors=True)
    current = current_generation(root)
    acts = [row for row in ledger.read_ledger(settings) if row.generation] if not replay_label else []
    recorded = {row.generation for row in acts}
    if current and not replay_label and (not acts or current.number != acts[-1].generation):
        status = "rolled_back" if current.number in recorded else "published"
        ledger.append(settings, _ledger_row(current.manifest(), status))
    for generation in generations(root):
        if generation.number not in recorded and (current is None or generation.number != current.number):
            shutil.rmtree(generation.folder, ignore_errors=True)
    if current and (root / "parquet").resolve() != (current.folder / "parquet").resolve():
        _put_in_place(root, current)


def _prune(root: Path, keep: int) -> None:
    """Delete all but the newest `keep` generations and the current one."""
    current = current_generation(root)
    for generation in generations(root)[:-keep]:
        if current is None or generation.number != current.number:
            shutil.rmtree(generation.folder, ignore_errors=True)


def _next_number(settings: Settings, root: Path, replay_label: str | None) -> int:
    used = [generation.number for generation in generations(root)]
    if not replay_label:
        used += [row.generation or 0 for row in ledger.read_ledger(settings)]
    return max(used, default=0) + 1


def _ledger_row(manifest: Manifest, status: str) -> ledger.LedgerRow:
    return ledger.LedgerRow(
        run_id=manifest.run_id,
        status=status,
        published_at=manifest.created_at,
        generation=None if status == "replayed" else manifest.generation,
        git_revision=manifest.git_revision,
        dbt_invocation_id=manifest.dbt_invocation_id,
        as_of_date=manifest.as_of_date,
        input_batches=manifest.input_batches,
        max_load_id=manifest.max_load_id,
        tables=len(manifest.tables),
        rows=manifest.rows,
        sha256=manifest.sha256,
    )


def _root(settings: Settings, replay_label: str | None) -> Path:
    root = settings.published / "replays" / replay_label if replay_label else settings.published
    root.mkdir(parents=True, exist_ok=True)
    return root


def _is_copy(one: Path, other: Path) -> bool:
    """Without hard links the published file is a copy; in a home restored from a backup, with another time."""
    a, b = one.stat(), other.stat()
    return a.st_size == b.st_size and (a.st_mtime_ns == b.st_mtime_ns or sha256(one) == sha256(other))


@contextmanager
def _disk_errors(root: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, duckdb.Error) as error:
        if getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error):
            raise EnvironmentProblemError(
                f"the disk of {root} is full; the published marts are unchanged",
                "Free space (publishing needs about twice the size of the marts), then run the same command again.",
            ) from error
        raise


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
