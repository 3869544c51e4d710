"""Which reference pages there are."""

from __future__ import annotations

from pathlib import Path

from segmentry.reference import commands, marts, settings

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "reference"


def pages() -> dict[str, str]:
    """Text of every generated page, by its path below docs/reference."""
    known = marts.read(ROOT)
    return {
        "marts.md": marts.overview(known),
        **{f"marts/{schema}.md": marts.page(schema, known) for schema in marts.SCHEMAS},
        "configuration.md": settings.page(ROOT),
        "cli.md": commands.page(),
    }
