"""Keep the demo company apart from real data: a home holds one demo company or real data."""

from __future__ import annotations

import json

from segmentry.config import Settings
from segmentry.errors import UsageError
from segmentry.files import write_text

_MARK = "demo.json"


def check_demo_home(settings: Settings, scale: float, seed: int) -> None:
    """Raise UsageError if the home holds real data or another demo company."""
    mark = settings.home / _MARK
    wanted = {"scale": scale, "seed": seed}
    if mark.is_file():
        if json.loads(mark.read_text(encoding="utf-8")) != wanted:
            raise UsageError(
                f"{settings.home} holds another demo company", "Choose another folder with --home, or delete this one."
            )
    elif any((settings.raw / "_ledger").glob("*.parquet")):
        raise UsageError(
            f"{settings.home} holds landed data that is not the demo's", "Choose another folder with --home."
        )


def mark_demo_home(settings: Settings, scale: float, seed: int) -> None:
    """Record which demo company the home holds."""
    write_text(settings.home / _MARK, json.dumps({"scale": scale, "seed": seed}))
