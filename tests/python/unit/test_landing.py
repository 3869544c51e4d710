"""Landing of good files: values, columns, names, repetition, manifests and the ledger."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from landing_toys import NOW, SALES, Home, csv_text, make_home, ndjson_text, sale

from segmentry.contracts import ContractError
from segmentry.landing import LandingError, land

CLEAN = csv_text([sale(1), sale(2)])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path)


def values(home: Home, column: str) -> list[Any]:
    return [row[column] for row in home.accepted()]


GOOD_CELLS: list[tuple[str, str, Any]] = [
    ("occurred_at", "2026-04-01T15:30:00+05:30", datetime(2026, 4, 1, 10)),
    ("occurred_at", "2026-04-01T05:00:00-0500", datetime(2026, 4, 1, 10)),
    ("occurred_at", "2026-04-01 12:00:00+02", datetime(2026, 4, 1, 10)),
    ("occurred_at", "2026-04-01 10:00:00 UTC", datetime(2026, 4, 1, 10)),
    ("occurred_at", "2026-04-01T10:00:00.123456Z", datetime(2026, 4, 1, 10, 0, 0, 123456)),
    ("occurred_at", "2026-04-01T10:00:00.123456789Z", datetime(2026, 4, 1, 10, 0, 0, 123456)),
    ("occurred_at", "2026-04-01T10:00Z", datetime(2026, 4, 1, 10)),
    ("shop_time", "2026-01-10 10:00:00", datetime(2026, 1, 10, 10)),
    ("shop_time", "2025-07-10 10:00:00", datetime(2025, 7, 10, 9)),
    ("shop_time", "2026-03-29 02:00:00", datetime(2026, 3, 29, 1)),
    ("shop_time", "2026-03-29 00:59:59", datetime(2026, 3, 29, 0, 59, 59)),
    ("shop_time", "2025-10-26 00:59:59", datetime(2025, 10, 25, 23, 59, 59)),
    ("shop_time", "2025-10-26 02:00:00", datetime(2025, 10, 26, 2)),
    ("shop_time", "2025-10-26 01:30:00+01:00", datetime(2025, 10, 26, 0, 30)),
    ("amount", "0.10", Decimal("0.10")),
    ("amount", "12.5000", Decimal("12.50")),
    ("amount", "+7", Decimal("7.00")),
    ("amount", "1.5e2", Decimal("150.00")),
    ("amount", "9999999999999999.99", Decimal("9999999999999999.99")),
    ("quantity", "-9223372036854775808", -9223372036854775808),
    ("quantity", "3.0", 3),
    ("score", "1e-3", 0.001),
    ("is_gift", "Yes", True),
    ("is_gift", "0", False),
    ("due_on", "2999-12-31", date(2999, 12, 31)),
    ("due_on", "2026-04-03 00:00:00", date(2026, 4, 3)),
    ("language", "zh-Hant-TW", "zh-Hant-TW"),
    ("country_code", "DE", "DE"),
    ("note", "=cmd()|' /C calc'!A0", "=cmd()|' /C calc'!A0"),
    ("note", 'two\r\nlines, "quoted" \U0001f469\u200d\U0001f680', 'two\r\nlines, "quoted" \U0001f469\u200d\U0001f680'),
    ("note", "nan", "nan"),
    ("note", "  ", None),
    ("user_id", " u1 ", "u1"),
    ("user_id", "e\u0301", "\u00e9"),
    ("user_id", "007", "007"),
    ("properties", '{"text":",}NaN"}', '{"text":",}NaN"}'),
    ("properties", "[" * 100 + "]" * 100, "[" * 100 + "]" * 100),
    ("tags", '["a","b"]', '["a","b"]'),
]


def test_good_cells(home: Home) -> None:
    for ending, write in (("csv", csv_text), ("ndjson", ndjson_text)):
        rows = [sale(number, **{column: text}) for number, (column, text, _) in enumerate(GOOD_CELLS)]
        home.drop(f"good.{ending}", write(rows))
        (result,) = home.land()
        assert result.reasons == {}
        load = [row for row in home.accepted() if row["_load_id"] == result.load_id]
        assert [(c, row[c]) for row, (c, _, _) in zip(load, GOOD_CELLS, strict=True)] == [
            (c, expected) for c, _, expected in GOOD_CELLS
        ]


def test_layout_of_a_raw_file(home: Home) -> None:
    result = home.land_one("sales.csv", CLEAN)
    sha256 = hashlib.sha256(CLEAN.encode()).hexdigest()
    (path,) = home.path.glob("raw/sales/*")
    assert path.name == f"00000001-{sha256[:12]}.parquet"
    described = duckdb.connect().execute(f"describe select * from '{path}'").fetchall()
    assert [row[0] for row in described] == [
        *(column.name for column in home.contract.columns),
        *("_extra", "_batch_id", "_file", "_row", "_load_id", "_landed_at"),
    ]
    types = {row[0]: row[1] for row in described}
    assert [types[c] for c in ("sale_id", "occurred_at", "amount", "quantity", "score", "is_gift", "due_on")] == [
        *("VARCHAR", "TIMESTAMP", "DECIMAL(18,2)", "BIGINT", "DOUBLE", "BOOLEAN", "DATE")
    ]
    first = home.accepted()[0]
    assert {name: first[name] for name in first if name.startswith("_")} == {
        "_extra": None, "_batch_id": sha256, "_file": "sales.csv", "_row": 1, "_load_id": 1,
        "_landed_at": datetime(2026, 5, 1, 12),
    }  # fmt: skip
    assert not list(home.path.glob("raw/_quarantine/**/*.parquet"))
    assert not (home.path / "raw" / "_tmp").exists()
    assert (home.inbox / "landed" / "sales.csv").read_text() == CLEAN
    assert home.ledger() == [
        {
            "load_id": 1, "feed": "sales", "file_name": "sales.csv", "batch_id": sha256, "status": "landed",
            "reason": None, "remedy": None, "records": 2, "accepted": 2, "quarantined": 0, "placeholder_ids": 0,
            "file_bytes": len(CLEAN), "extra_columns": None, "landed_at": datetime(2026, 5, 1, 12),
        }
    ]  # fmt: skip
    assert result.batch_id == sha256


def test_columns_map_by_name(home: Home) -> None:
    row = sale(1)
    reordered = {name: row[name] for name in reversed(row)}
    reordered["Customer Note"] = "by its other name"
    reordered["zebra"], reordered["Ant"], reordered["AMOUNT"] = "z", "a", ""
    result = home.land_one("a.csv", csv_text([reordered]).replace("amount,", " amount ,", 1))
    (landed,) = home.accepted()
    assert (landed["amount"], landed["currency"], landed["note"]) == (Decimal("12.50"), "EUR", "by its other name")
    assert landed["_extra"] == '{"Ant":"a","zebra":"z"}'
    assert result.extra_columns == ("AMOUNT", "Ant", "zebra")
    assert home.ledger()[0]["extra_columns"] == "AMOUNT,Ant,zebra"
    assert landed["score"] is None


@pytest.mark.parametrize(
    "content",
    [
        CLEAN.encode("utf-8-sig"),
        CLEAN.replace("\n", "\r\n").encode(),
        CLEAN.replace("\n", "\r").encode(),
        CLEAN.replace("\n", "\n\n").encode(),
    ],
    ids=["BOM", "CRLF", "CR", "blank lines"],
)
def test_other_line_ends(home: Home, content: bytes) -> None:
    assert home.land_one("a.csv", content).accepted == 2
    assert values(home, "sale_id") == ["s1", "s2"]


def test_header_alone_lands_nothing_and_writes_no_row(home: Home) -> None:
    result = home.land_one("a.csv", CLEAN.split("\n")[0] + "\n")
    assert (result.status, result.records, result.accepted, result.quarantined) == ("landed", 0, 0, 0)
    assert not list(home.path.glob("raw/sales/*"))


def test_all_rows_bad_writes_no_raw_file(home: Home) -> None:
    result = home.land_one("a.csv", csv_text([sale(1, amount="x")]))
    assert (result.status, result.accepted, result.quarantined) == ("landed", 0, 1)
    assert not list(home.path.glob("raw/sales/*"))


def test_quarantine_keeps_the_original_texts(home: Home) -> None:
    home.land_one("a.csv", csv_text([sale(1, amount=" 1,5 ", kind="", colour="red")]) + "x,y\n")
    cells, line = sorted(home.query("_quarantine/sales/*.parquet"), key=lambda row: row["_row"])
    record = json.loads(cells["record"])
    assert (record["amount"], record["colour"], record["properties"]) == (" 1,5 ", "red", '{"a":1}')
    assert json.loads(line["record"]) == {"_line": "x,y"}
    assert (cells["feed"], cells["_file"], cells["_load_id"], cells["_row"]) == ("sales", "a.csv", 1, 1)


def test_several_reasons_are_sorted(home: Home) -> None:
    result = home.land_one("a.csv", csv_text([sale(1, quantity="x", amount="-1", is_gift="true", user_id=None)]))
    assert home.quarantined() == {1: "below_minimum:amount,missing_one_of:user_id|account_id,not_a_number:quantity"}
    assert result.quarantined == 1
    assert sum(result.reasons.values()) == 3


def test_keys_that_differ_in_case_and_repeated_keys_all_load(home: Home) -> None:
    assert home.land_one("a.csv", csv_text([sale(1), sale(1), {**sale(1), "sale_id": "S1"}])).accepted == 3


def test_typed_parquet(home: Home) -> None:
    zoned = pa.array([datetime(2026, 4, 1, 10, tzinfo=UTC)] * 2, pa.timestamp("ns", "Europe/Berlin"))
    table = pa.table(
        {
            "tags": pa.array([["a", "b"], None]),
            "sale_id": pa.array([1, 2]),
            "occurred_at": zoned,
            "received_at": zoned,
            "shop_time": pa.array([datetime(2025, 7, 10, 10), datetime(2025, 10, 26, 1, 30)], pa.timestamp("us")),
            "amount": pa.array([0.1, 19.99]),
            "currency": pa.array(["EUR", "EUR"]).dictionary_encode(),
            "quantity": pa.array([3.0, None]),
            "score": pa.array([0.25, None], pa.float32()),
            "properties": pa.array([{"a": 1.5}, None]),
            "due_on": pa.array([date(2026, 4, 3), None]),
            "is_gift": pa.array([True, None]),
            "user_id": pa.array(["u1", "u2"]),
            "rank": pa.array([7, None]),
        }
    )
    home.inbox.mkdir(parents=True)
    pq.write_table(table, home.inbox / "typed.parquet")
    (result,) = home.land()
    assert home.quarantined() == {2: "ambiguous_local_time:shop_time"}
    (row,) = home.accepted()
    expected = {
        "sale_id": "1", "occurred_at": datetime(2026, 4, 1, 10), "shop_time": datetime(2025, 7, 10, 9),
        "amount": Decimal("0.10"), "quantity": 3, "score": 0.25, "properties": '{"a":1.5}', "tags": '["a","b"]',
        "due_on": date(2026, 4, 3), "is_gift": True, "_extra": '{"rank":"7"}', "_row": 1,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert result.extra_columns == ("rank",)


@pytest.mark.parametrize(
    ("column", "array", "reason"),
    [
        ("occurred_at", pa.array([datetime(2026, 4, 1)], pa.timestamp("us")), "no_time_zone:occurred_at"),
        ("occurred_at", pa.array([1775037600]), "epoch_number:occurred_at"),
        ("amount", pa.array([float("nan")]), "not_finite:amount"),
        ("amount", pa.array([Decimal("1.005")], pa.decimal128(18, 3)), "too_many_decimals:amount"),
        ("amount", pa.array([0.1 + 0.2]), "too_many_decimals:amount"),
        ("quantity", pa.array([2**63], pa.uint64()), "out_of_range:quantity"),
        ("quantity", pa.array([2.5]), "not_an_integer:quantity"),
        ("score", pa.array([float("inf")]), "not_finite:score"),
        ("tags", pa.array([{"a": 1}]), "not_json:tags"),
    ],
)
def test_bad_typed_parquet(home: Home, column: str, array: pa.Array, reason: str) -> None:
    good = {name: pa.array([text]) for name, text in sale(1).items()}
    home.inbox.mkdir(parents=True)
    pq.write_table(pa.table({**good, column: array}), home.inbox / "a.parquet")
    (result,) = home.land()
    assert (result.records, result.accepted, result.reasons) == (1, 0, {reason: 1})


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["kind", "Kind"], "duplicate_columns"),
        (["file_row_number"], "unusable_column_name"),
        ([""], "unusable_column_name"),
    ],
)
def test_parquet_columns_that_cannot_be_read(home: Home, names: list[str], reason: str) -> None:
    good = {name: text for name, text in sale(1).items() if name != "kind"}
    home.inbox.mkdir(parents=True)
    table = pa.table([pa.array(["charge"])] * (len(good) + len(names)), names=[*good, *names])
    pq.write_table(table, home.inbox / "a.parquet")
    assert [result.reason for result in home.land()] == [reason]


def test_binary_parquet_column_is_refused(home: Home) -> None:
    home.inbox.mkdir(parents=True)
    table = pa.table({name: pa.array([text]) for name, text in sale(1).items()} | {"note": pa.array([b"\xff"])})
    pq.write_table(table, home.inbox / "a.parquet")
    assert [result.reason for result in home.land()] == ["unsupported_type:note"]


def test_folder_names_are_never_columns(home: Home, tmp_path: Path) -> None:
    odd = Home(tmp_path / "user_id=999" / "home", home.contract)
    odd.land_one("a.csv", CLEAN)
    assert values(odd, "user_id") == ["u1", "u1"]


def test_same_bytes_are_a_no_op_under_any_name(home: Home) -> None:
    home.land_one("a.csv", CLEAN)
    again, other = home.land_one("a.csv", CLEAN), home.land_one("b.csv", CLEAN)
    assert [(r.status, r.records, r.load_id) for r in (again, other)] == [("unchanged", 0, 2), ("unchanged", 0, 3)]
    assert len(home.accepted()) == 2
    assert not [path for path in home.inbox.iterdir() if path.is_file()]


def test_same_name_with_other_bytes_is_refused(home: Home) -> None:
    home.land_one("a.csv", CLEAN)
    for content in (csv_text([sale(3)]), csv_text([sale(4)])):
        assert home.land_one("a.csv", content).reason == "name_reused"
    assert {path.name for path in (home.inbox / "refused").iterdir()} == {"a.csv", "00000003-a.csv"}
    assert (home.inbox / "landed" / "a.csv").read_text() == CLEAN


def test_a_refused_file_can_be_mended_under_its_name(home: Home) -> None:
    assert home.land_one("a.csv", "wrong\n").status == "refused"
    assert home.land_one("a.csv", CLEAN).status == "landed"


def manifest(content: str, **changes: Any) -> str:
    return json.dumps({"records": 2, "sha256": hashlib.sha256(content.encode()).hexdigest()} | changes)


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        (manifest(CLEAN[:-1]), "landed", None),
        (manifest(CLEAN[:-1], records=3), "refused", "manifest_disagrees"),
        (manifest(CLEAN), "refused", "manifest_disagrees"),
        ('{"records": "2"}', "refused", "bad_manifest"),
        ("[" * 100_000, "refused", "bad_manifest"),
        ("not json", "refused", "bad_manifest"),
    ],
)
def test_manifest_vouches_or_refuses(home: Home, text: str, status: str, reason: str | None) -> None:
    home.drop("a.csv.manifest.json", text)
    result = home.land_one("a.csv", CLEAN[:-1])
    assert (result.status, result.reason) == (status, reason)
    assert len(home.accepted()) == (2 if status == "landed" else 0)
    assert {path.name for path in (home.inbox / status).iterdir()} == {"a.csv", "a.csv.manifest.json"}


def test_links_folders_and_pipes_are_refused_unread(home: Home, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(CLEAN)
    home.inbox.mkdir(parents=True)
    (home.inbox / "link.csv").symlink_to(secret)
    (home.inbox / "folder.csv").mkdir()
    os.mkfifo(home.inbox / "pipe.csv")
    assert [(r.file_name, r.reason, r.batch_id) for r in home.land()] == [
        ("folder.csv", "not_a_regular_file", ""),
        ("link.csv", "symlink", ""),
        ("pipe.csv", "not_a_regular_file", ""),
    ]
    assert home.accepted() == []
    assert secret.read_text() == CLEAN


def test_linked_feed_folder_stops_landing(home: Home, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    home.inbox.parent.mkdir(parents=True)
    home.inbox.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LandingError, match="inbox/sales is a link"):
        home.land()


def test_unfinished_names_and_unknown_feeds_wait(home: Home) -> None:
    for name in (".hidden.csv", "a.csv.part", "b.csv.manifest.json"):
        home.drop(name, CLEAN)
    (home.path / "inbox" / "nobody").mkdir()
    (home.path / "inbox" / "nobody" / "a.csv").write_text(CLEAN)
    assert home.land() == []
    assert (home.path / "inbox" / "nobody" / "a.csv").exists()


def test_order_load_ids_and_progress(home: Home) -> None:
    seen: list[tuple[str, int, int]] = []
    (home.path / "inbox" / "alpha").mkdir(parents=True)
    (home.path / "inbox" / "alpha" / "z.csv").write_text(CLEAN)
    home.drop("b.csv", csv_text([sale(3)]))
    home.drop("a.csv", csv_text([sale(4)]))
    contracts = {"sales": home.contract, "alpha": make_home(home.path / "alpha").contract}
    object.__setattr__(contracts["alpha"], "name", "alpha")
    land(home.path, contracts, now=NOW, feeds=["sales"], on_progress=lambda *step: seen.append(step))
    land(home.path, contracts, now=NOW, on_progress=lambda *step: seen.append(step))
    assert seen == [("sales/a.csv", 1, 2), ("sales/b.csv", 2, 2), ("alpha/z.csv", 1, 1)]
    assert [(row["load_id"], row["feed"], row["file_name"]) for row in home.ledger()] == [
        (1, "sales", "a.csv"),
        (2, "sales", "b.csv"),
        (3, "alpha", "z.csv"),
    ]


def test_future_is_measured_from_the_landing_instant(home: Home) -> None:
    edge = (NOW + timedelta(days=1)).isoformat()
    beyond = (NOW + timedelta(days=1, seconds=1)).isoformat()
    home.land_one("a.csv", csv_text([sale(1, received_at=edge), sale(2, received_at=beyond)]))
    assert home.quarantined() == {2: "in_the_future:received_at"}


def test_wrong_use_is_told(home: Home, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="zone"):
        land(home.path, {}, now=datetime(2026, 5, 1))
    with pytest.raises(LandingError, match="no contract for feed people"):
        land(home.path, {"sales": home.contract}, now=NOW, feeds=["people"])
    broken = make_home(tmp_path / "broken", SALES.replace("amount > 0", "no_such_column > 0"))
    broken.drop("a.csv", CLEAN)
    with pytest.raises(ContractError, match="row rule"):
        broken.land()
    assert (broken.inbox / "a.csv").exists()
