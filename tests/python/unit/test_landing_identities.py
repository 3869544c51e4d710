"""Who is a person: placeholders, floats and wrong clocks in the canonical feeds; headers in any case."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmentry.contracts import ContractError, load_contract, load_contracts
from segmentry.landing import LandedFile, land
from segmentry.landing.ledger import read_rows

CONTRACTS = load_contracts(Path(__file__).parents[3] / "contracts")
AT = "2026-04-01T10:00:00Z"
EVENT = {"event_id": "e1", "event_name": "login", "occurred_at": AT, "received_at": AT, "user_id": "real1"}
SPENT = {
    "transaction_id": "t1", "kind": "charge", "account_id": "a1", "amount": "12.00", "currency": "EUR",
    "occurred_at": AT, "received_at": AT,
}  # fmt: skip
PROFILE = {"user_id": "u1", "updated_at": AT}
ACCOUNT = {"account_id": "a1", "updated_at": AT}
TICKET = {"ticket_id": "k1", "created_at": AT, "received_at": "2026-04-09T10:00:00Z"}


def landed(home: Path, feed: str, *rows: dict[str, Any]) -> LandedFile:
    """Land rows as NDJSON."""
    folder = home / "inbox" / feed
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (result,) = land(home, CONTRACTS, now=datetime(2026, 5, 1, tzinfo=UTC))
    return result


def raw(home: Path, feed: str, columns: str) -> list[tuple[Any, ...]]:
    """Columns of the accepted rows, in the order of the file."""
    return duckdb.sql(f"select {columns} from '{home}/raw/{feed}/*.parquet' order by _row").fetchall()


PLACEHOLDERS = ["null", "undefined", "None", "nan", "0", "N/A", "\\N", "-", "[object Object]", "0.0"]


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_a_placeholder_makes_an_event_anonymous_and_is_counted(tmp_path: Path, text: str) -> None:
    anonymous = EVENT | {"user_id": text, "anonymous_id": "dev1", "event_id": "e2"}
    result = landed(tmp_path, "events", EVENT, anonymous)
    assert (result.accepted, result.placeholders) == (2, {"user_id": 1})
    extra = json.dumps({"user_id": text}, separators=(",", ":"))
    assert raw(tmp_path, "events", "user_id, anonymous_id, _extra") == [
        ("real1", None, None),
        (None, "dev1", extra),
    ]
    assert read_rows(tmp_path / "raw")[0].placeholder_ids == 1


def test_nobody_is_behind_a_placeholder_alone(tmp_path: Path) -> None:
    result = landed(tmp_path, "events", EVENT, EVENT | {"event_id": "e2", "user_id": "undefined"})
    assert result.reasons == {"missing_one_of:user_id|anonymous_id": 1, "placeholder_id:user_id": 1}
    profile = landed(tmp_path, "users", {"user_id": "N/A", "updated_at": AT})
    assert profile.reasons == {"placeholder_id:user_id": 1}
    assert "stands for no id" in profile.examples[0].remedy


def test_other_ids_and_texts_may_be_called_null(tmp_path: Path) -> None:
    landed(tmp_path, "events", EVENT | {"event_id": "0", "event_name": "null", "session_id": "null"})
    assert raw(tmp_path, "events", "event_id, event_name, session_id") == [("0", "null", "null")]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (9001.0, "9001"),
        ("9001.000", "9001"),
        ("9007199254740991.0", "9007199254740991"),  # 2^53 - 1
        ("1.5e+3", "1500"),
        ("12e5", "12e5"),  # hexadecimal, as hashes are
        ("v1.0", "v1.0"),
        ("007", "007"),
    ],
)
def test_a_float_that_is_a_whole_number_is_that_number(tmp_path: Path, given: object, expected: str) -> None:
    landed(tmp_path, "events", EVENT | {"user_id": given})
    assert raw(tmp_path, "events", "user_id") == [(expected,)]


@pytest.mark.parametrize("given", ["9007199254740992.0", "1.4334955861976131e+17", "12.5"])
def test_any_other_float_is_no_id(tmp_path: Path, given: str) -> None:
    result = landed(tmp_path, "events", EVENT | {"user_id": given, "anonymous_id": "dev1"})
    assert result.reasons == {"float_id:user_id": 1}
    assert "as text" in result.examples[0].remedy


def test_the_id_of_a_browser_may_look_like_a_float(tmp_path: Path) -> None:
    landed(tmp_path, "events", EVENT | {"anonymous_id": "1234567890.1623456789"})
    assert raw(tmp_path, "events", "anonymous_id") == [("1234567890.1623456789",)]


def test_ids_in_a_column_of_floats(tmp_path: Path) -> None:
    """As pandas writes a column of integers with a gap."""
    ids = [9001.0, 143349558619761320.0, None]
    table = pa.table(
        {name: pa.array([value] * 3) for name, value in EVENT.items() if name not in {"user_id", "event_id"}}
        | {"event_id": pa.array([1.0, 2.0, 3.0]), "user_id": pa.array(ids), "anonymous_id": pa.array(["d"] * 3)}
    )
    folder = tmp_path / "inbox" / "events"
    folder.mkdir(parents=True)
    pq.write_table(table, folder / "a.parquet")
    (result,) = land(tmp_path, CONTRACTS, now=datetime(2026, 5, 1, tzinfo=UTC))
    assert result.reasons == {"float_id:user_id": 1}
    assert raw(tmp_path, "events", "event_id, user_id") == [("1", "9001"), ("3", None)]


@pytest.mark.parametrize(
    ("feed", "row", "reason"),
    [
        ("events", EVENT | {"occurred_at": "1970-01-01T00:00:00Z"}, "too_long_ago:occurred_at"),
        ("users", PROFILE | {"signed_up_at": "1970-01-01T00:00:00Z"}, "too_long_ago:signed_up_at"),
        ("transactions", SPENT | {"amount": "250.000"}, "ambiguous_thousands:amount"),
        ("accounts", ACCOUNT | {"employee_count": "1.000"}, "ambiguous_thousands:employee_count"),
        ("tickets", TICKET | {"first_responded_at": "2026-04-01T09:00:00Z"}, "answered_before_created"),
        ("tickets", TICKET | {"solved_at": "2026-04-01T08:00:00Z"}, "solved_before_created"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_right_wait_in_quarantine(
    tmp_path: Path, feed: str, row: dict[str, Any], reason: str
) -> None:
    assert landed(tmp_path, feed, row).reasons == {reason: 1}


@pytest.mark.parametrize("amount", ["1000", "0.000", "1000.000", "12.50", "1.00"])
def test_clear_numbers_are_read(tmp_path: Path, amount: str) -> None:
    assert landed(tmp_path, "transactions", SPENT | {"amount": amount}).accepted == 1


def test_headers_count_in_any_case(tmp_path: Path) -> None:
    folder = tmp_path / "inbox" / "users"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text(f"USER_ID,UPDATED_AT,Email,city,CITY\nu1,{AT},a@b.test,Bonn,x\n")
    (result,) = land(tmp_path, CONTRACTS, now=datetime(2026, 5, 1, tzinfo=UTC))
    assert (result.status, result.extra_columns) == ("landed", ("CITY",))
    assert raw(tmp_path, "users", "user_id, email, city") == [("u1", "a@b.test", "Bonn")]
    capitals = {name.upper(): value for name, value in EVENT.items()}
    landed(tmp_path, "events", capitals, capitals | {"EVENT_ID": "e2"})
    assert raw(tmp_path, "events", "event_id") == [("e1",), ("e2",)]


def test_a_contract_declares_its_placeholders_and_its_earliest_day(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "contracts" / "plans.yml").read_text()
    (tmp_path / "plans.yml").write_text(
        text.replace("property: knownAt, value: null", "property: placeholders, value: [null]")
    )
    with pytest.raises(ContractError, match="placeholders: must be a list of texts"):
        load_contract(tmp_path / "plans.yml")
    assert str(CONTRACTS["users"].column("signed_up_at").earliest) == "1970-01-02"
    assert "null" in CONTRACTS["events"].column("user_id").placeholders
    assert CONTRACTS["events"].column("event_id").placeholders == ()
