"""Contracts: the project's own load, and a wrong one says where and what."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from landing_toys import SALES

from segmentry.contracts import Contract, ContractError, load_contract, load_contracts
from segmentry.landing.split import check_contract

PROJECT = Path(__file__).parents[3] / "contracts"
PRESETS = ["feeds", *sorted(path.name for path in PROJECT.iterdir() if path.is_dir())]


def load(tmp_path: Path, text: str) -> Contract:
    path = tmp_path / "sales.yml"
    path.write_text(text)
    return load_contract(path)


@pytest.mark.parametrize("preset", PRESETS)
def test_project_contracts_load_and_their_rules_bind(preset: str) -> None:
    contracts = load_contracts(PROJECT, preset)
    assert len(contracts) >= 16
    assert (preset == "feeds") == (not any("__" in name for name in contracts))
    for name, contract in contracts.items():
        assert contract.name == name
        check_contract(duckdb.connect(), contract)


def test_a_contract_is_read_whole(tmp_path: Path) -> None:
    contract = load(tmp_path, SALES)
    assert (contract.name, contract.grain, contract.dedup_key) == ("sales", "One row per sale.", ("sale_id",))
    assert (contract.dedup_order, contract.known_at) == ("received_at asc", "received_at")
    assert contract.require_one_of == (("user_id", "account_id"),)
    assert [rule.code for rule in contract.row_rules] == ["gift_of_nothing"]
    amount = contract.column("amount")
    assert (amount.physical_type, amount.decimals, amount.minimum, amount.unit) == (
        "DECIMAL(18,2)",
        (18, 2),
        0,
        "currency",
    )
    assert contract.column("note").header_names == ("note", "Customer Note")
    assert contract.column("shop_time").timezone == "Europe/London"
    assert contract.column("kind").values == ("charge", "refund")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("required: true", "requried: true", "requried: Extra inputs are not permitted"),
        ("kind: DataContract", "kind: Contract", "kind: Input should be 'DataContract'"),
        ("physicalType: boolean", "physicalType: bit", "is_gift: physicalType 'bit'"),
        ("decimal(18,2)", "decimal(38,2)", "amount: a decimal has at most 28 digits, at most 18"),
        ("Europe/London", "Europe/Londn", "timezone 'Europe/Londn'"),
        ("format: iso4217", "format: iso42", "currency: format 'iso42'"),
        ("minimum: 0", "enum: [a]", "amount: enum, format and maxLength"),
        ("{enum: [charge, refund]}", "{minimum: 1}", "kind: minimum and maximum"),
        ("name: note,", "name: tags,", "tags: named twice"),
        ("name: note,", "name: _note,", "_note: a column name"),
        ("[sale_id]", "[id]", "dedupKey: 'id' is not a column"),
        ("received_at asc", "received_at", "dedupOrder"),
        ("value: received_at}", "value: seen_at}", "knownAt: 'seen_at' is not a column"),
        ("[[user_id, account_id]]", "[user_id]", "requireOneOf: must be a list"),
        ("code: gift_of_nothing", "code: a-b", "rowRules"),
        ("property: unit", "property: unti", "customProperties 'unti'"),
        ("name: sales\n    physicalType", "name: sale\n    physicalType", "'sale' is not the feed's name 'sales'"),
        ("schema:", "schema: [", "cannot be read as YAML"),
    ],
)
def test_a_wrong_contract_says_what_and_where(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in SALES
    with pytest.raises(ContractError) as raised:
        load(tmp_path, SALES.replace(old, new))
    assert message in str(raised.value)
    assert "sales.yml" in str(raised.value)


def test_unknown_preset_and_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="not one of feeds"):
        load_contracts(PROJECT, "../secrets")
    with pytest.raises(ContractError, match="no contract"):
        load_contracts(tmp_path)
    with pytest.raises(ContractError, match="no such folder"):
        load_contracts(tmp_path / "absent")
