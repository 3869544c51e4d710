"""Preset online_retail_ii: one Parquet file with the lines of both sheets."""

from __future__ import annotations

from pathlib import Path

from segmentry.presets._files import place, required


def prepare(inbox: Path, source: Path | None) -> None:
    """Copy `online_retail_ii.parquet` of the folder `source` into the inbox. Raises UsageError if it is missing."""
    folder = required(source, "online_retail_ii")
    place(folder / "online_retail_ii.parquet", inbox, "online_retail_ii__order_lines")
