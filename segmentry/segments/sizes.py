"""How many entities a segment has in the published marts."""

from __future__ import annotations

import duckdb

from segmentry.config import Settings


def published_sizes(settings: Settings) -> dict[tuple[str, str], int]:
    """(dimension, segment) -> members at the as-of date; empty when nothing is published."""
    path = settings.published / "marts.duckdb"
    if not path.is_file():
        return {}
    query = "select dimension, segment_key, count(*) from segments.segment_membership group by all"
    with duckdb.connect(str(path), read_only=True) as connection:
        return {(dimension, key): count for dimension, key, count in connection.execute(query).fetchall()}
