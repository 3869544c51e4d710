"""Deliver exports to a destination, in batches and in order. It records acknowledged batches, to resume later."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
from pydantic import BaseModel

from segmentry.activation.destinations import Batch, Destination
from segmentry.activation.exports import AudienceExport, audience_exports, exports_root
from segmentry.config import Settings
from segmentry.files import fsync

BATCH_ROWS = 500


class Delivery(BaseModel):
    """What one call of `deliver` did."""

    audience: str
    destination: str
    generations: list[int]
    sent: int
    skipped: int


def deliver(settings: Settings, audience: str, to: Destination, batch_rows: int = BATCH_ROWS) -> Delivery:
    """Send a destination everything up to the newest export of an audience.

    A destination that never got one receives the newest in full; later ones get the changes of every export since, in
    order. An acknowledged batch is never sent again; after a failure the same call goes on with the batch that failed.
    A changes batch can be repeated when a crash fell between the destination's answer and the note of it: then the key
    is the same.
    """
    root = exports_root(settings)
    exports = audience_exports(settings, audience)
    notes = _Notes(root / audience / "deliveries" / f"{to.name}.txt")
    taken: list[int] = []
    sent = skipped = 0
    for export in _due(exports, notes):
        mode = "full" if notes.started_in_full in (None, export.generation) else "changes"
        notes.start(export.generation)
        for batch in _batches(export, root, mode, batch_rows):
            if batch.key in notes.acknowledged:
                skipped += 1
                continue
            to.send(batch)
            notes.acknowledge(batch.key)
            sent += 1
        notes.finish(export.generation)
        taken.append(export.generation)
    return Delivery(audience=audience, destination=to.name, generations=taken, sent=sent, skipped=skipped)


def _due(exports: list[AudienceExport], notes: _Notes) -> list[AudienceExport]:
    if notes.started_in_full is None:
        return exports[-1:]
    numbers = [export.generation for export in exports]
    # an export that somebody cleared away had been taken
    since = numbers.index(notes.started_in_full) if notes.started_in_full in numbers else 0
    return [export for export in exports[since:] if export.generation not in notes.finished]


def _batches(export: AudienceExport, root: Path, mode: str, batch_rows: int) -> Iterator[Batch]:
    """Parts of a fixed size in the order of ids; a full delivery of nobody is one empty batch, since it says so."""
    name = "members.parquet" if mode == "full" else "changes.parquet"
    content = next(file.sha256 for file in export.files if file.name == name)
    table = pq.read_table(export.path(root, name))
    count = -(-table.num_rows // batch_rows) or (1 if mode == "full" else 0)
    for index in range(count):
        named = f"{export.audience}|{export.generation}|{mode}|{content}|{batch_rows}|{index}"
        yield Batch(
            key=hashlib.sha256(named.encode()).hexdigest()[:32],
            audience=export.audience,
            generation=export.generation,
            mode=mode,
            number=index + 1,
            batches=count,
            rows=table.slice(index * batch_rows, batch_rows).to_pylist(),
        )


def _whole_lines(path: Path) -> list[str]:
    """The lines of a file of notes. What a crash left of the last is cut off, or the next would be written onto it."""
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        os.truncate(path, len(whole))
    return whole.decode().splitlines()


class _Notes:
    """A destination's file of lines `full N`, `ack KEY`, `done N`: each is on the disk before the next step."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.started_in_full: int | None = None
        self.acknowledged: set[str] = set()
        self.finished: set[int] = set()
        for line in _whole_lines(path) if path.is_file() else []:
            word, _, value = line.partition(" ")
            if word == "full":
                self.started_in_full = int(value)
            elif word == "ack":
                self.acknowledged.add(value)
            elif word == "done":
                self.finished.add(int(value))

    def start(self, generation: int) -> None:
        if self.started_in_full is None:
            self._write(f"full {generation}")
            self.started_in_full = generation

    def acknowledge(self, key: str) -> None:
        self._write(f"ack {key}")
        self.acknowledged.add(key)

    def finish(self, generation: int) -> None:
        self._write(f"done {generation}")
        self.finished.add(generation)

    def _write(self, line: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(f"{line}\n")
            stream.flush()
            os.fsync(stream.fileno())
        fsync(self.path.parent)
