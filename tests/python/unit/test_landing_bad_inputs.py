"""Every bad input: the counts balance, the reason stands at the row, the other rows load."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from landing_toys import GOOD, Home, csv_text, make_home, ndjson_text, sale

from segmentry.landing import LandedFile

DEEP = "[" * 1000 + "]" * 1000

# What is wrong with one cell, and the reason it must get.
BAD_CELLS: list[tuple[str, dict[str, Any], str]] = [
    ("text in a number", {"amount": "twelve"}, "not_a_number:amount"),
    ("text in an integer", {"quantity": "two"}, "not_a_number:quantity"),
    ("fraction in an integer", {"quantity": "2.5"}, "not_an_integer:quantity"),
    ("integer beyond 64 bits", {"quantity": "9223372036854775808"}, "out_of_range:quantity"),
    ("underscore in a number", {"amount": "1_000"}, "not_a_number:amount"),
    ("hexadecimal number", {"quantity": "0x10"}, "not_a_number:quantity"),
    ("epoch seconds", {"occurred_at": "1775037600"}, "epoch_number:occurred_at"),
    ("epoch milliseconds", {"occurred_at": "1775037600000"}, "epoch_number:occurred_at"),
    ("epoch as a date", {"due_on": "1775037600"}, "epoch_number:due_on"),
    ("no offset", {"occurred_at": "2026-04-01T10:00:00"}, "no_time_zone:occurred_at"),
    ("offset out of this world", {"occurred_at": "2026-04-01T10:00:00+25:00"}, "not_a_timestamp:occurred_at"),
    ("hour 24", {"occurred_at": "2026-04-01T24:00:00Z"}, "not_a_timestamp:occurred_at"),
    ("30 February", {"occurred_at": "2026-02-30T10:00:00Z"}, "not_a_timestamp:occurred_at"),
    ("day without time", {"occurred_at": "2026-04-01"}, "not_a_timestamp:occurred_at"),
    ("year 0", {"due_on": "0000-04-01"}, "not_a_date:due_on"),
    ("slashed date", {"due_on": "03/04/2026"}, "ambiguous_date:due_on"),
    ("slashed instant", {"occurred_at": "03/04/2026 10:00"}, "ambiguous_date:occurred_at"),
    ("date in words", {"due_on": "3 April 2026"}, "not_a_date:due_on"),
    ("DST gap", {"shop_time": "2026-03-29 01:30:00"}, "nonexistent_local_time:shop_time"),
    ("DST fold", {"shop_time": "2025-10-26 01:30:00"}, "ambiguous_local_time:shop_time"),
    ("NaN in money", {"amount": "NaN"}, "not_finite:amount"),
    ("infinite money", {"amount": "-Infinity"}, "not_finite:amount"),
    ("NaN in a float", {"score": "nan"}, "not_finite:score"),
    ("1e400 in money", {"amount": "1e400"}, "out_of_range:amount"),
    ("1e400 in a float", {"score": "1e400"}, "out_of_range:score"),
    ("float above its maximum", {"score": "10.5"}, "out_of_range:score"),
    ("money beyond 18 digits", {"amount": "10000000000000000"}, "out_of_range:amount"),
    ("too many decimals", {"amount": "1.005"}, "too_many_decimals:amount"),
    ("too many decimals by exponent", {"amount": "1e-30"}, "too_many_decimals:amount"),
    ("decimals beyond the currency", {"amount": "10.50", "currency": "JPY"}, "too_many_decimals:amount"),
    ("decimal comma", {"amount": "1.234,56"}, "not_a_number:amount"),
    ("thousands mark", {"amount": "1,234.56"}, "not_a_number:amount"),
    ("negative amount", {"amount": "-0.01"}, "below_minimum:amount"),
    ("unknown kind", {"kind": "Charge"}, "not_in_set:kind"),
    ("unknown currency", {"currency": "EURO"}, "not_a_currency:currency"),
    ("lower-case country", {"country_code": "de"}, "not_a_country:country_code"),
    ("language with an underscore", {"language": "en_US"}, "not_a_language:language"),
    ("no boolean", {"is_gift": "perhaps"}, "not_a_boolean:is_gift"),
    ("bidi mark", {"note": "abc\u202edef"}, "control_character:note"),
    ("escape character", {"note": "abc\x1b[31m"}, "control_character:note"),
    ("zero width space in an id", {"user_id": "u\u200b1"}, "control_character:user_id"),
    ("null key", {"sale_id": ""}, "missing_required:sale_id"),
    ("blank key", {"sale_id": " \u00a0\t"}, "missing_required:sale_id"),
    ("neither user nor account", {"user_id": ""}, "missing_one_of:user_id|account_id"),
    ("year 2999", {"received_at": "2999-01-01T00:00:00Z"}, "in_the_future:received_at"),
    ("happened after it was received", {"occurred_at": "2026-04-03T10:00:00Z"}, "in_the_future:occurred_at"),
    ("broken JSON", {"properties": '{"a":'}, "not_json:properties"),
    ("JSON with a last comma", {"properties": '{"a":1,}'}, "not_json:properties"),
    ("JSON with NaN", {"properties": '{"a":NaN}'}, "not_json:properties"),
    ("object for an array", {"tags": '{"a":1}'}, "not_json:tags"),
    ("JSON of 1,000 levels", {"properties": DEEP}, "too_deep_json:properties"),
    ("JSON of 10 MB", {"properties": json.dumps("x" * 10_000_000)}, "too_long:properties"),
    ("long text", {"note": "x" * 70_000}, "too_long:note"),
    ("row rule", {"is_gift": "true", "amount": "0"}, "gift_of_nothing"),
]


def as_parquet(rows: list[dict[str, Any]]) -> bytes:
    """Rows as a Parquet file of text columns."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


WRITERS = {
    "csv": lambda rows: csv_text(rows).encode(),
    "ndjson": lambda rows: ndjson_text(rows).encode(),
    "parquet": as_parquet,
}


@pytest.fixture(scope="module", params=WRITERS)
def landed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, LandedFile]:
    """One file per format: good rows at the odd places, the bad cells between them."""
    home = make_home(tmp_path_factory.mktemp("bad_cells"))
    rows = []
    for number, (_, changes, _) in enumerate(BAD_CELLS, start=1):
        rows += [sale(2 * number - 1), sale(2 * number, **changes)]
    return home, home.land_one(f"sales.{request.param}", WRITERS[request.param](rows))


@pytest.mark.parametrize("number", range(len(BAD_CELLS)), ids=[case[0] for case in BAD_CELLS])
def test_bad_cell(landed: tuple[Home, LandedFile], number: int) -> None:
    home, result = landed
    _, _, reason = BAD_CELLS[number]
    row = 2 * number + 2
    assert home.quarantined()[row] == reason
    assert result.reasons[reason] == [case[2] for case in BAD_CELLS].count(reason)


def test_rows_between_bad_cells_load(landed: tuple[Home, LandedFile]) -> None:
    home, result = landed
    bad = len(BAD_CELLS)
    assert (result.status, result.records, result.accepted, result.quarantined) == ("landed", 2 * bad, bad, bad)
    assert [row["_row"] for row in home.accepted()] == list(range(1, 2 * bad, 2))
    first = result.examples[0]
    assert (first.row, first.code, first.column) == (2, "not_a_number", "amount")
    assert all(example.remedy for example in result.examples)


# One bad record that does not reach its cells: the raw bytes of the file, its bad rows, how many rows load.
HEADER = ",".join(GOOD)
ROW = 's{},2026-04-01T10:00:00Z,2026-04-01T10:00:05Z,12.50,EUR,charge,2,"{{""a"":1}}",u1'
FIRST, SECOND, THIRD = (ROW.format(number) for number in (1, 2, 3))
OBJECT = json.dumps(GOOD)
BAD_RECORDS: list[tuple[str, str, bytes, dict[int, str], int]] = [
    ("too few cells", "csv", f"{HEADER}\n{FIRST}\na,b\n{THIRD}\n".encode(), {2: "ragged_row"}, 2),
    ("too many cells", "csv", f"{HEADER}\n{FIRST}\n{SECOND},x\n{THIRD}\n".encode(), {2: "ragged_row"}, 2),
    ("quote left open", "csv", f'{HEADER}\n{FIRST}\ns2,"x\n{THIRD}\n'.encode(), {2: "unbalanced_quotes"}, 2),
    ("quote left open at the end", "csv", f'{HEADER}\n{FIRST}\n{SECOND}\ns3,"x\n'.encode(),
     {3: "unbalanced_quotes"}, 2),
    ("text after a quote", "csv", f'{HEADER}\n{FIRST}\n"s"2,x\n{THIRD}\n'.encode(), {2: "unbalanced_quotes"}, 2),
    ("Latin-1 row", "csv", f"{HEADER}\n{FIRST}\ncaf\xe9{SECOND}\n{THIRD}\n".encode("latin-1"), {2: "not_utf8_row"}, 2),
    ("cut last line", "csv", f"{HEADER}\n{FIRST}\n{SECOND}".encode(), {2: "unterminated_last_record"}, 1),
    ("cut in a quoted cell", "csv", f'{HEADER}\n{FIRST}\ns2,"x'.encode(), {2: "unterminated_last_record"}, 1),
    ("malformed line", "ndjson", f"{OBJECT}\n{{oops\n{OBJECT}\n".encode(), {2: "malformed_json"}, 2),
    ("line that is no object", "ndjson", f"{OBJECT}\n[1]\n{OBJECT}\n".encode(), {2: "not_an_object"}, 2),
    ("key given twice", "ndjson",
     f'{OBJECT}\n{{"sale_id":1,"sale_id":2}}\n{OBJECT}\n'.encode(), {2: "duplicate_key"}, 2),
    ("cut line", "ndjson", f"{OBJECT}\n{OBJECT[:40]}".encode(), {2: "unterminated_last_record"}, 1),
    ("whole but unended line", "ndjson", f"{OBJECT}\n{OBJECT}".encode(), {2: "unterminated_last_record"}, 1),
    ("Latin-1 line", "ndjson",
     OBJECT.encode() + b'\n{"note":"\xe9"}\n' + OBJECT.encode() + b"\n", {2: "not_utf8_row"}, 2),
    ("lone surrogate", "ndjson", f'{OBJECT}\n{{"note":"\\ud800"}}\n'.encode(), {2: "not_utf8_row"}, 1),
    ("1,000 levels", "ndjson", f'{OBJECT}\n{{"properties":{DEEP}}}\n{OBJECT}\n'.encode(), {2: "too_deep_json"}, 2),
    ("NUL by escape", "ndjson", f"{OBJECT}\n{json.dumps(sale(2, note='a' + chr(0)))}\n".encode(),
     {2: "control_character:note"}, 1),
]  # fmt: skip


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("ending", "content", "reasons", "accepted"),
    [case[1:] for case in BAD_RECORDS],
    ids=[case[0] for case in BAD_RECORDS],
)
def test_bad_record(
    tmp_path: Path, ending: str, content: bytes, reasons: dict[int, str], accepted: int, packed: bool
) -> None:
    home = make_home(tmp_path)
    name = f"sales.{ending}.gz" if packed else f"sales.{ending}"
    result = home.land_one(name, gzip.compress(content) if packed else content)
    assert (result.status, result.quarantined, result.accepted) == ("landed", len(reasons), accepted)
    assert result.records == accepted + len(reasons)
    assert home.quarantined() == reasons
    assert len(home.accepted()) == accepted


def cut(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


def wrong_crc(content: bytes) -> bytes:
    packed = bytearray(gzip.compress(content))
    packed[-8] ^= 0xFF
    return bytes(packed)


def damaged_page(content: bytes) -> bytes:
    broken = bytearray(content)
    broken[40:80] = bytes(40)
    return bytes(broken)


CLEAN = csv_text([sale(1), sale(2)])
PARQUET = as_parquet([sale(1), sale(2)])
REFUSED: list[tuple[str, str, bytes, str]] = [
    ("empty file", "a.csv", b"", "empty_file"),
    ("BOM alone", "a.csv", b"\xef\xbb\xbf\n", "empty_file"),
    ("empty NDJSON", "a.ndjson", b"", "empty_file"),
    ("no header", "a.csv", CLEAN.split("\n", 1)[1].encode(),
     "missing_columns:sale_id|occurred_at|received_at|amount|currency|user_id|account_id"),
    ("missing column", "a.csv", CLEAN.replace("amount", "total").encode(), "missing_columns:amount"),
    ("missing key in every line", "a.ndjson",
     OBJECT.replace("amount", "total").encode() + b"\n", "missing_columns:amount"),
    ("missing column of a group", "a.csv", CLEAN.replace("user_id", "person").encode(),
     "missing_columns:user_id|account_id"),
    ("duplicate column", "a.csv", CLEAN.replace("kind", "amount", 1).encode(), "duplicate_columns:amount"),
    ("column and its other name", "a.csv", CLEAN.replace("kind", "note").replace("quantity", "Customer Note").encode(),
     "duplicate_columns:note"),
    ("semicolons", "a.csv", CLEAN.replace(",", ";").encode(),
     "missing_columns:sale_id|occurred_at|received_at|amount|currency|user_id|account_id"),
    ("UTF-16", "a.csv", CLEAN.encode("utf-16"), "not_text"),
    ("UTF-16 without mark", "a.csv", CLEAN.encode("utf-16-le"), "not_text"),
    ("NUL byte", "a.csv", CLEAN.replace("EUR", "E\0R").encode(), "not_text"),
    ("Latin-1 header", "a.csv", CLEAN.replace("kind", "gen\xe9re").encode("latin-1"), "not_utf8_header"),
    ("open quote in the header", "a.csv", b'"sale_id\n' + CLEAN.encode().replace(b'"', b""), "unreadable_header"),
    ("cut gzip", "a.csv.gz", cut(gzip.compress(CLEAN.encode())), "corrupt_gzip"),
    ("wrong CRC", "a.csv.gz", wrong_crc(CLEAN.encode()), "corrupt_gzip"),
    ("no gzip at all", "a.csv.gz", CLEAN.encode(), "corrupt_gzip"),
    ("cut Parquet", "a.parquet", cut(PARQUET), "unreadable_parquet"),
    ("damaged Parquet page", "a.parquet", damaged_page(PARQUET), "unreadable_parquet"),
    ("text named Parquet", "a.parquet", CLEAN.encode(), "unreadable_parquet"),
    ("unknown ending", "a.xlsx", CLEAN.encode(), "unknown_format"),
    ("name with a glob", "a[1].csv", CLEAN.encode(), "odd_file_name"),
    ("name with a line end", "a\n.csv", CLEAN.encode(), "odd_file_name"),
    ("name with dots in front", "..csv .csv", CLEAN.encode(), "skipped"),
    ("name with a quote", "a'b.csv", CLEAN.encode(), "odd_file_name"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "reason"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_refused_file(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    home = make_home(tmp_path)
    home.drop(name, content)
    home.drop("z.csv", CLEAN)
    results = home.land()
    if reason == "skipped":
        assert [result.file_name for result in results] == ["z.csv"]
        return
    bad, other = results
    assert (bad.status, bad.reason, bad.records) == ("refused", reason, 0)
    assert bad.remedy
    assert (other.status, other.accepted) == ("landed", 2)
    assert (home.inbox / "refused" / name).read_bytes() == content
    assert [(row["status"], row["reason"]) for row in home.ledger()] == [("refused", reason), ("landed", None)]
    assert len(home.accepted()) == 2
    assert home.quarantined() == {}
