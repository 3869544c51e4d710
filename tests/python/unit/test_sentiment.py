"""Scoring of free texts: bounded, once each, and without keeping a word of them."""

from __future__ import annotations

import duckdb
import pyarrow.parquet as pq
import pytest

from segmentry.estimators.sentiment import language_detector, score_texts

TEXTS = {
    1: "Great product, we love the dashboards",
    5: "Terrible support, we waited for days",
    9: "It ships on Monday",
    12: "I hate it",
}


def reader(texts, asked):
    connection = duckdb.connect()
    connection.execute("create schema intermediate")
    connection.execute("create table intermediate.int_free_texts (text_key bigint, free_text varchar)")
    for row in texts.items():
        connection.execute("insert into intermediate.int_free_texts values (?, ?)", row)

    def read(sql):
        found = connection.execute(sql).to_arrow_table()
        asked.append(found.num_rows)
        return found

    return read


def kept(models):
    return {
        row["text_key"]: row["sentiment_score"]
        for path in (models / "sentiment" / "scored_texts").iterdir()
        for row in pq.read_table(path).to_pylist()
    }


def test_each_text_is_scored_once_in_bounded_batches(tmp_path):
    asked = []
    assert score_texts(tmp_path, reader(TEXTS, asked), batch=3) == 4
    assert asked == [3, 1, 0]
    scores = kept(tmp_path)
    assert scores[1] > 0.5
    assert -0.3 < scores[5] < -0.05  # "support" is a kind word
    assert scores[9] == 0
    assert scores[12] < -0.3
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "sentiment" / "scored_texts").iterdir()}
    assert score_texts(tmp_path, reader(TEXTS | {20: "Thank you, very helpful"}, asked), batch=3) == 1
    assert len(kept(tmp_path)) == 5
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_no_text_is_kept(tmp_path):
    secret = "Call Jane Doe on 555-0199, she is great"
    score_texts(tmp_path, reader({7: secret}, []))
    for path in tmp_path.rglob("*.parquet"):
        assert b"Jane" not in path.read_bytes()
        assert pq.read_schema(path).names == ["text_key", "sentiment_score", "language"]


def test_a_text_in_another_language_is_unknown(tmp_path):
    """VADER takes the Portuguese "no" (in the) for the English one: -0.30 for "Delivered on time"."""
    texts = {1: "Entregue no prazo", 2: "Delivered on time, great", 3: "Muito bom, recomendo", 4: "Das Produkt ist gut"}
    score_texts(tmp_path, reader(texts, []))
    scores = kept(tmp_path)
    assert {key for key, score in scores.items() if score is None} == {1, 3, 4}
    assert scores[2] > 0.5


@pytest.mark.parametrize("text", ["bad", "Slow", "Too expensive", "terrible", "ok", "Useless, crashes", "no issues"])
def test_short_english_texts_stay_english(text):
    assert language_detector()(text) == "en"


def test_nothing_to_score(tmp_path):
    assert score_texts(tmp_path, reader({}, [])) == 0
    assert not list(tmp_path.rglob("*.parquet"))
