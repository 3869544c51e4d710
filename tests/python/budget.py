"""How much of a long run a test does. Tests that ask are marked `long`: `make test-long` runs those, and in full."""

from __future__ import annotations

import os

LONG = bool(os.environ.get("SEGMENTRY_LONG_TESTS"))


def runs(few: int, many: int) -> int:
    """How many examples, kills or cases: `few` in `make test`, `many` in `make test-long`."""
    return many if LONG else few
