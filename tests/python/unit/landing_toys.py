"""Toys for the landing tests: a small contract, a home folder, and readers that do not use the code under test."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from segmentry.contracts import Contract, load_contract
from segmentry.landing import LandedFile, land

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)

SALES = """
apiVersion: v3.0.2
kind: DataContract
id: sales
name: sales
version: 1.0.0
status: active
schema:
  - name: sales
    physicalType: table
    description: One row per sale.
    properties:
      - {name: sale_id, logicalType: string, physicalType: varchar, required: true, primaryKey: true}
      - {name: occurred_at, logicalType: timestamp, physicalType: timestamp, required: true}
      - {name: received_at, logicalType: timestamp, physicalType: timestamp, required: true}
      - name: shop_time
        logicalType: timestamp
        physicalType: timestamp
        customProperties: [{property: timezone, value: Europe/London}]
      - name: amount
        logicalType: number
        physicalType: decimal(18,2)
        required: true
        logicalTypeOptions: {minimum: 0}
        customProperties: [{property: unit, value: currency}]
      - {name: currency, logicalType: string, physicalType: varchar, required: true,
         logicalTypeOptions: {format: iso4217}}
      - {name: kind, logicalType: string, physicalType: varchar, logicalTypeOptions: {enum: [charge, refund]}}
      - {name: quantity, logicalType: integer, physicalType: bigint}
      - {name: score, logicalType: number, physicalType: double, logicalTypeOptions: {maximum: 10}}
      - {name: is_gift, logicalType: boolean, physicalType: boolean}
      - {name: due_on, logicalType: date, physicalType: date}
      - {name: country_code, logicalType: string, physicalType: varchar, logicalTypeOptions: {format: iso3166_alpha2}}
      - {name: language, logicalType: string, physicalType: varchar, logicalTypeOptions: {format: bcp47}}
      - {name: note, logicalType: string, physicalType: varchar,
         customProperties: [{property: sourceName, value: Customer Note}]}
      - {name: properties, logicalType: object, physicalType: varchar, logicalTypeOptions: {format: json}}
      - {name: tags, logicalType: array, physicalType: varchar, logicalTypeOptions: {format: json_array}}
      - {name: user_id, logicalType: string, physicalType: varchar}
      - {name: account_id, logicalType: string, physicalType: varchar}
    customProperties:
      - {property: dedupKey, value: [sale_id]}
      - {property: dedupOrder, value: received_at asc}
      - {property: knownAt, value: received_at}
      - {property: requireOneOf, value: [[user_id, account_id]]}
      - {property: rowRules, value: [{code: gift_of_nothing, sql: "not coalesce(is_gift, false) or amount > 0"}]}
"""

GOOD = {
    "sale_id": "s1",
    "occurred_at": "2026-04-01T10:00:00Z",
    "received_at": "2026-04-01T10:00:05Z",
    "amount": "12.50",
    "currency": "EUR",
    "kind": "charge",
    "quantity": "2",
    "properties": '{"a":1}',
    "user_id": "u1",
}
"""A row that fits."""


def sale(number: int, **changes: Any) -> dict[str, Any]:
    """A good row with its own id and the changes asked for."""
    return {**GOOD, "sale_id": f"s{number}", **changes}


def csv_cell(value: Any) -> str:
    """A cell by RFC 4180, always quoted; None is empty."""
    return "" if value is None else '"' + str(value).replace('"', '""') + '"'


def csv_text(rows: list[dict[str, Any]], end: str = "\n") -> str:
    """Rows as CSV under the union of their columns."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [",".join(names), *(",".join(csv_cell(row.get(name)) for name in names) for row in rows)]
    return "".join(line + end for line in lines)


def ndjson_text(rows: list[dict[str, Any]]) -> str:
    """Rows as NDJSON."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@dataclass(frozen=True)
class Home:
    """A home folder with one feed."""

    path: Path
    contract: Contract

    @property
    def inbox(self) -> Path:
        return self.path / "inbox" / "sales"

    def drop(self, name: str, content: str | bytes) -> Path:
        self.inbox.mkdir(parents=True, exist_ok=True)
        path = self.inbox / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def land(self, **options: Any) -> list[LandedFile]:
        return land(self.path, {"sales": self.contract}, now=NOW, **options)

    def land_one(self, name: str, content: str | bytes) -> LandedFile:
        """Drop one file, land it, and check the law of conservation from the files that were written."""
        self.drop(name, content)
        (result,) = self.land()
        return result

    def query(self, pattern: str, columns: str = "*") -> list[dict[str, Any]]:
        """Rows of the Parquet files that match a pattern under raw/; [] when there is none."""
        if not list(self.path.glob(f"raw/{pattern}")):
            return []
        sql = f"select {columns} from read_parquet('{self.path}/raw/{pattern}', hive_partitioning=false)"
        cursor = duckdb.connect().execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def accepted(self) -> list[dict[str, Any]]:
        return sorted(self.query("sales/*.parquet"), key=lambda row: (row["_load_id"], row["_row"]))

    def quarantined(self) -> dict[int, str]:
        """Reasons by row number (of one file)."""
        return {row["_row"]: row["reasons"] for row in self.query("_quarantine/sales/*.parquet")}

    def ledger(self) -> list[dict[str, Any]]:
        return sorted(self.query("_ledger/*.parquet"), key=lambda row: row["load_id"])


def make_home(path: Path, contract_yaml: str = SALES) -> Home:
    """A home in an empty folder, with its contract read from YAML."""
    path.mkdir(parents=True, exist_ok=True)
    contract = path / "sales.yml"
    contract.write_text(contract_yaml)
    return Home(path / "home", load_contract(contract))
