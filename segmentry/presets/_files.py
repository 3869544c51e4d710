"""Copy source files into the inbox."""

from __future__ import annotations

import shutil
from pathlib import Path

from segmentry.errors import UsageError


def place(source: Path, inbox: Path, feed: str) -> Path:
    """Copy `source` into `inbox/<feed>/`; returns the copy. Raises UsageError when there is no such file."""
    if not source.is_file():
        raise UsageError(
            f"no file {source.name} in {source.parent}", "Name the folder that holds the preset's source files."
        )
    folder = inbox / feed
    folder.mkdir(parents=True, exist_ok=True)
    # landing takes whole files only: a copy that is still being written has another ending
    part = folder / f".{source.name}.part"
    shutil.copyfile(source, part)
    return part.replace(folder / source.name)


def required(source: Path | None, preset: str) -> Path:
    """The source folder, or UsageError where none was named."""
    if source is None:
        raise UsageError(f"preset {preset} needs the folder of its source files", "Name it with --from.")
    return source
