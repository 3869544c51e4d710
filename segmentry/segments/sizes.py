"""How many entities a segment has in the published marts."""

from __future__ import annotations

from segmentry.config import Settings
from segmentry.duck import open_read_only


def published_sizes(settings: Settings) -> dict[tuple[str, str], int]:
    """(dimension, segment) -> members at the as-of date; empty when nothing is published."""
    path = settings.published / "marts.duckdb"
    if not path.is_file():
        return {}
    query = "select dimension, segment_key, count(*) from segments.segment_membership group by all"
    with open_read_only(path) as connection:
        return {(dimension, key): count for dimension, key, count in connection.execute(query).fetchall()}
