"""Score free texts by a kept lexicon (VADER; Hutto and Gilbert, 2014) and keep the scores, never the texts.

Called between the two parts of a build, when the view of texts is there. A text is scored once: its key is made of the
record's id and the text, so an edited answer is scored again and nothing else is.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from segmentry.estimators.store import Reader, write_table

MODEL = "sentiment"
BATCH = 20_000
"""Texts held in memory at a time."""

_TEXTS = """
    select text_key, min(free_text) as free_text from intermediate.int_free_texts
    where text_key > {after} group by text_key order by text_key limit {batch}
"""


def score_texts(models: Path, read: Reader, *, batch: int = BATCH) -> int:
    """Score every text that has no score yet. Returns how many there were.

    `models` is the folder of the store, `read` a reader of the engine that built the view. A score is VADER's compound
    in [-1, 1]. Each batch is one file that appears whole or not at all, so a killed run goes on where it stopped.
    """
    folder = models / MODEL / "scores"
    known = _known_keys(folder)
    after, scored = -1, 0
    while True:
        texts = read(_TEXTS.format(after=after, batch=batch))
        if texts.num_rows == 0:
            return scored
        after = texts.column("text_key")[-1].as_py()
        new = texts.filter(pc.invert(pc.is_in(texts.column("text_key"), value_set=known)))
        if new.num_rows:
            scored += new.num_rows
            _keep(folder, new.column("text_key"), _scores(new.column("free_text").to_pylist()))


def _known_keys(folder: Path) -> pa.Array:
    columns = [pq.ParquetFile(path).read(["text_key"]).column(0) for path in sorted(folder.glob("*.parquet"))]
    return (
        pa.concat_arrays([chunk for column in columns for chunk in column.chunks])
        if columns
        else pa.array([], pa.int64())
    )


def _scores(texts: list[str]) -> list[float]:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: PLC0415 (reads its lexicon: slow)

    analyzer = SentimentIntensityAnalyzer()
    return [float(analyzer.polarity_scores(text)["compound"]) for text in texts]


def _keep(folder: Path, keys: pa.ChunkedArray, scores: list[float]) -> None:
    name = hashlib.sha256(np.asarray(keys).tobytes()).hexdigest()[:16]
    table = pa.table({"text_key": keys, "sentiment_score": pa.array(scores, pa.float64())})
    write_table(folder / f"{name}.parquet", table)
