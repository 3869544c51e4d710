"""Score English free texts by the VADER lexicon (Hutto and Gilbert, 2014) and keep the scores, never the texts.

Called between the two parts of a build, when the view of texts is there. A text is scored once: its key is made of the
record's id and the text, so an edited answer is scored again and nothing else is. A text in another language gets its
language and no score: an English lexicon finds English words in it, such as "no" in "Entregue no prazo".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from segmentry.estimators.store import Reader, write_table

MODEL = "sentiment"
BATCH = 20_000
"""Texts held in memory at a time."""
SUPPORTED = "en"
_EVIDENCE = 3.0
"""Log of the likelihood ratio, 20 to 1, above which a text counts as another language. One English word is often as
likely in another."""
_LANGUAGES = "ar cs da de el en es fa fi fr he hi hu id it ja ko nl pl pt ro ru sv th tr uk vi zh".split()  # noqa: SIM905 (a list of codes reads better as words)
"""The languages told apart. Small ones that resemble a large one would only add errors in short texts."""

_TEXTS = """
    select text_key, min(free_text) as free_text from intermediate.int_free_texts
    where text_key > {after} group by text_key order by text_key limit {batch}
"""


def score_texts(models: Path, read: Reader, *, batch: int = BATCH) -> int:
    """Score every text that has no score yet. Returns how many there were.

    `models` is the folder of the store, `read` a reader of the engine that built the view. A score is VADER's compound
    in [-1, 1], or NULL for a text in another language.
    Each batch is one file that appears whole or not at all, so a killed run goes on where it stopped.
    """
    folder = models / MODEL / "scored_texts"
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
            _keep(folder, new.column("text_key"), new.column("free_text").to_pylist())


def _known_keys(folder: Path) -> pa.Array:
    columns = [pq.ParquetFile(path).read(["text_key"]).column(0) for path in sorted(folder.glob("*.parquet"))]
    return (
        pa.concat_arrays([chunk for column in columns for chunk in column.chunks])
        if columns
        else pa.array([], pa.int64())
    )


@cache
def language_detector() -> Callable[[str], str]:
    """Return a function from a text to the ISO 639-1 code of its language: English where that is likely enough."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 (reads its model: slow)

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(_LANGUAGES)

    def language(text: str) -> str:
        likelihoods = dict(identifier.rank(text))
        best = max(sorted(likelihoods), key=likelihoods.__getitem__)
        return SUPPORTED if likelihoods[best] - likelihoods[SUPPORTED] < _EVIDENCE else str(best)

    return language


def _keep(folder: Path, keys: pa.ChunkedArray, texts: list[str]) -> None:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: PLC0415 (reads its lexicon: slow)

    analyzer, language_of = SentimentIntensityAnalyzer(), language_detector()
    languages = [language_of(text) for text in texts]
    scores = [
        float(analyzer.polarity_scores(text)["compound"]) if language == SUPPORTED else None
        for text, language in zip(texts, languages, strict=True)
    ]
    name = hashlib.sha256(np.asarray(keys).tobytes()).hexdigest()[:16]
    columns = {"sentiment_score": pa.array(scores, pa.float64()), "language": pa.array(languages, pa.string())}
    write_table(folder / f"{name}.parquet", pa.table({"text_key": keys} | columns))
