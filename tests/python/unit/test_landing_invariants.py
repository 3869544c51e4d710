"""Laws of landing over generated files: conservation, and one result whatever the format."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from budget import runs
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from landing_toys import GOOD, Home, csv_text, make_home, ndjson_text

CELLS: dict[str, list[str | None]] = {
    "sale_id": ["s1", "S1", " s2 ", "", None],
    "occurred_at": ["2026-04-01T10:00:00Z", "2026-04-01 15:30:00+05:30", "2026-04-01", "1775037600", None],
    "received_at": ["2026-04-01T10:00:05Z", "2999-01-01T00:00:00Z"],
    "shop_time": [None, "2026-03-29 01:30:00", "2025-10-26 01:30:00", "2025-07-10 10:00:00"],
    "amount": ["0", "12.50", "1e2", "1.005", "-1", "1,5", "NaN", "1e400", None],
    "currency": ["EUR", "JPY", "eur"],
    "quantity": [None, "2", "2.0", "2.5", "9223372036854775808"],
    "is_gift": [None, "true", "no", "perhaps"],
    "properties": [None, "{}", '{"a":[1,2]}', '{"a":1,}', "[" * 101 + "]" * 101],
    "user_id": ["u1", None],
    "unknown": [None, "", "x", '"', "\\", "\u007f\u2028"],
}
ROWS = st.lists(
    st.fixed_dictionaries(
        {name: st.sampled_from(cells) for name, cells in CELLS.items()}
        | {"note": st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)}
    ),
    min_size=1,
    max_size=30,
)
FEW = settings(max_examples=runs(12, 500), deadline=None, suppress_health_check=list(HealthCheck))


def outcome(home: Home) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Accepted and quarantined rows without what depends on the file's name and bytes."""
    hidden = {"_batch_id", "_file", "_load_id"}
    quarantined = home.query("_quarantine/sales/*.parquet")
    for row in quarantined:
        row["record"] = {name: text for name, text in json.loads(row["record"]).items() if text != ""}
    return tuple(  # type: ignore[return-value]
        sorted(({name: row[name] for name in row if name not in hidden} for row in rows), key=lambda row: row["_row"])
        for rows in (home.accepted(), quarantined)
    )


@pytest.mark.long
@FEW
@given(ROWS)
def test_csv_ndjson_and_parquet_give_equal_rows(rows: list[dict[str, str | None]]) -> None:
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("a.csv", csv_text(rows)), ("a.ndjson", ndjson_text(rows)), ("a.parquet", None)):
            home = make_home(Path(folder) / name)
            if content is None:
                home.inbox.mkdir(parents=True)
                table = pa.table({c: pa.array([row[c] for row in rows], pa.string()) for c in rows[0]})
                pq.write_table(table, home.inbox / name)
                (result,) = home.land()
            else:
                result = home.land_one(name, content)
            assert (result.status, result.records) == ("landed", len(rows))
            outcomes.append(outcome(home))
            assert len(outcomes[-1][0]) == result.accepted
            assert len(outcomes[-1][1]) == result.quarantined
            assert result.accepted + result.quarantined == len(rows)
    assert outcomes[0] == outcomes[1] == outcomes[2]


JUNK = st.lists(
    st.binary(max_size=30)
    | st.sampled_from(
        [b'"', b",", b"\r", b'""', b'"a\nb"', b"{}", b"[]", b'{"note":"x"}', b"\xff", b"\xe2\x80", b"\x1f"]
    )
    | st.just(",".join(GOOD.values()).encode()),
    max_size=8,
)


@pytest.mark.long
@FEW
@given(JUNK, st.sampled_from(["csv", "ndjson"]))
@example([b'"', b"x", b'"'], "csv")
@example([b"\x1f"], "ndjson")
def test_any_bytes_are_accounted_for(lines: list[bytes], ending: str) -> None:
    first = ",".join(GOOD).encode() if ending == "csv" else json.dumps(GOOD).encode()
    content = b"\n".join([first, *lines]) + b"\n"
    with tempfile.TemporaryDirectory() as folder:
        home = make_home(Path(folder))
        result = home.land_one(f"a.{ending}", content)
        accepted, quarantined = outcome(home)
        if result.status == "refused":
            assert result.reason == "not_text"
            assert b"\0" in content
            assert (accepted, quarantined) == ([], [])
            return
        assert result.records == len(accepted) + len(quarantined)
        assert [row["_row"] for row in sorted(accepted + quarantined, key=lambda row: row["_row"])] == list(
            range(1, result.records + 1)
        )
        if ending == "ndjson":
            assert result.records == sum(1 for line in content.split(b"\n") if line.strip(b" \t\r\n"))


@pytest.mark.long
@FEW
@given(st.lists(st.sampled_from([None, "cut", "ragged", "quote"]), min_size=1, max_size=8))
def test_one_bad_line_never_takes_its_neighbours(kinds: list[str | None]) -> None:
    bad = {"cut": "x,y", "ragged": ",".join(["x"] * 30), "quote": 'x,"y'}
    good = csv_text([GOOD]).split("\n")
    lines = [good[0], *(line for kind in kinds for line in ([bad[kind]] if kind else []) + [good[1]])]
    with tempfile.TemporaryDirectory() as folder:
        result = make_home(Path(folder)).land_one("a.csv", "".join(line + "\n" for line in lines))
    assert (result.accepted, result.quarantined) == (len(kinds), sum(kind is not None for kind in kinds))
