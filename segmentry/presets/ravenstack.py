"""Preset ravenstack: five CSV files."""

from __future__ import annotations

from pathlib import Path

from segmentry.presets._files import place, required

TABLES = ("accounts", "subscriptions", "feature_usage", "support_tickets", "churn_events")


def prepare(inbox: Path, source: Path | None) -> None:
    """Copy the five files of the folder `source` into the inbox. Raises UsageError if one is missing."""
    folder = required(source, "ravenstack")
    for table in TABLES:
        place(folder / f"{table}.csv", inbox, f"ravenstack__{table}")
