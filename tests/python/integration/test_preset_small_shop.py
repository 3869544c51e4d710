"""Preset online_retail_ii on a handful of lines, each with the outcome that it must have."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from preset_warehouse import PresetWarehouse, build_preset

pytestmark = pytest.mark.integration

OLD, NEW = "2009-2010", "2010-2011"
SUMMER, WINTER, LATER = datetime(2010, 7, 1, 12, 0), datetime(2010, 12, 2, 9, 30), datetime(2010, 12, 3, 10, 0)
COLUMNS = (
    "sheet",
    "invoice",
    "stock_code",
    "description",
    "quantity",
    "invoice_date",
    "price",
    "customer_id",
    "country",
)
LINES = [
    (OLD, "1", "A", "cup", 2, SUMMER, 1.25, 10, "EIRE"),
    (OLD, "1", "A", "cup", 2, SUMMER, 1.25, 10, "EIRE"),  # the same line again: two lines
    (OLD, "1", "B", "nan", 3, SUMMER, 0.001, 10, "EIRE"),  # 0.3 pennies
    (OLD, "2", "A", "cup", 6, WINTER, 1.25, 10, "EIRE"),
    (NEW, "2", "A", "CUP", 6, WINTER, 1.25, 10, "EIRE"),  # the overlap, under another description
    (NEW, "C3", "A", "cup", -6, LATER, 1.25, 10, "EIRE"),  # takes back order 2 whole
    (NEW, "C4", "A", "cup", -1, LATER, 1.25, 10, "EIRE"),  # takes back part of order 1
    (NEW, "5", "A", "cup", 1, LATER, 1.25, 11, "Channel Islands"),
    (NEW, "6", "A", "cup", 1, LATER, 1.25, None, "France"),
    (NEW, "7", "A", "cup", 1, LATER, 0.0, 12, "France"),
    (NEW, "8", "A", "lost", -1, LATER, 1.25, 12, "France"),
    (NEW, "C9", "M", "Manual", 1, LATER, 1.25, 12, "France"),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, parsed_with: Callable[[str], Path]) -> PresetWarehouse:
    source = tmp_path_factory.mktemp("small_source")
    columns = {name: [line[position] for line in LINES] for position, name in enumerate(COLUMNS)}
    pq.write_table(pa.table(columns), source / "online_retail_ii.parquet")
    home = tmp_path_factory.mktemp("small_shop")
    return build_preset(
        "online_retail_ii", home, source, parsed_with("online_retail_ii"), select="path:models/staging/online_retail_ii"
    )


def test_every_line_has_its_outcome(shop: PresetWarehouse) -> None:
    lines = shop.ledger()["order_lines"]
    assert lines.counts == (12, 7, 4, 1)
    assert lines.quarantined == {
        "missing_required:customer_id": 1,
        "negative_quantity_on_invoice": 1,
        "positive_quantity_on_cancellation": 1,
        "price_not_positive": 1,
    }


def test_money(shop: PresetWarehouse) -> None:
    rows = shop.rows("""
        select kind, order_id, user_id, product_id, quantity, amount, currency, occurred_at
        from staging.stg_online_retail_ii__transactions order by occurred_at, order_id, kind, product_id""")
    # British summer time is an hour ahead of UTC
    assert rows == [
        ("charge", "1", "10", "A", 2, Decimal("2.50"), "GBP", datetime(2010, 7, 1, 11, 0)),
        ("charge", "1", "10", "A", 2, Decimal("2.50"), "GBP", datetime(2010, 7, 1, 11, 0)),
        ("charge", "1", "10", "B", 3, Decimal("0.00"), "GBP", datetime(2010, 7, 1, 11, 0)),
        ("charge", "2", "10", "A", 6, Decimal("7.50"), "GBP", WINTER),
        ("refund", "2", "10", "A", 6, Decimal("7.50"), "GBP", LATER),
        ("charge", "5", "11", "A", 1, Decimal("1.25"), "GBP", LATER),
        ("refund", "C4", "10", "A", 1, Decimal("1.25"), "GBP", LATER),
    ]


def test_one_event_per_order(shop: PresetWarehouse) -> None:
    rows = shop.rows(
        "select event_id, user_id, occurred_at from staging.stg_online_retail_ii__events order by event_id"
    )
    assert rows == [
        ("order_placed:1", "10", datetime(2010, 7, 1, 11, 0)),
        ("order_placed:2", "10", WINTER),
        ("order_placed:5", "11", LATER),
    ]


def test_customers(shop: PresetWarehouse) -> None:
    rows = shop.rows(
        "select user_id, country_code, updated_at from staging.stg_online_retail_ii__users order by user_id"
    )
    assert rows == [("10", "IE", datetime(2010, 7, 1, 11, 0)), ("11", None, LATER)]
