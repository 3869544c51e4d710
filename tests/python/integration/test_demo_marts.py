"""The demo company knows what it was drawn from: the published marts must say the same, to the cent and the customer.

The truth comes from the generator's latent tables, before dirt, duplicates and late rows; none of the warehouse's SQL
made it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

pytestmark = pytest.mark.integration

# mart query, truth query: equal as bags of rows
EQUAL = {
    "customers": (
        "select customer_id, account_id from core.dim_customers",
        "select person_id, account_id from '{truth}/people.parquet' where not is_internal and not is_bot",
    ),
    "identity graph": (
        "select case identity_kind when 'user' then 'user_id' else 'anonymous_id' end, identity_id, customer_id "
        "from warehouse.intermediate.int_identities",
        "select id_type, id, person_id from '{truth}/identities.parquet' where person_id is not null",
    ),
    "events after deduplication, by month and name": (
        "select date_trunc('month', event_date)::date, event_name, count(*) from warehouse.intermediate.int_events"
        " group by all",
        "select month, event_name, events from '{truth}/events_by_month.parquet'",
    ),
    "customer-days": (
        "select customer_id, activity_date, events from core.fct_customer_days",
        "select person_id, activity_date, events from '{truth}/person_days.parquet'"
        " where not is_internal and events > 0",
    ),
    "active customers by month": (
        "select period_start, active_customers from kpis.kpi_active_customers "
        "where period_grain = 'month' and segment_dimension = 'all' and active_customers > 0",
        "select month, active_persons from '{truth}/active_by_month.parquet'",
    ),
    "MRR changes": (
        "select account_id, change_date, mrr_before, mrr_after, fx_mrr, movement_type from core.fct_mrr_changes",
        "select account_id, change_date, mrr_before, mrr_after, fx_mrr, movement_type"
        " from '{truth}/mrr_changes.parquet'",
    ),
    "MRR movements by month": (
        "select period_start, opening_mrr, new_mrr, expansion_mrr, contraction_mrr, churned_mrr, reactivation_mrr,"
        " fx_mrr, closing_mrr "
        "from kpis.kpi_mrr_movements where period_grain = 'month' and segment_dimension = 'all' "
        "and period_start >= date '2024-07-01'",
        "select month, opening_mrr, new_mrr, expansion_mrr, contraction_mrr, churned_mrr, reactivation_mrr,"
        " fx_mrr, closing_mrr "
        "from '{truth}/mrr_movements.parquet'",
    ),
    "MRR and churn as the reader of the closed month saw them": (
        "select metric, (period_start - interval 1 month)::date, value_before from kpis.kpi_change_attribution "
        "where metric in ('mrr', 'churn_rate') and period_grain = 'month' and segment_dimension = 'all' "
        "and period_start >= date '2024-09-01'",
        "select 'mrr', month, closing_mrr from '{truth}/mrr_told.parquet' "
        "where month between date '2024-08-01' and date '2025-11-01' union all "
        "select 'churn_rate', month, round(churned_opening_accounts / opening_accounts, 6) "
        "from '{truth}/mrr_told.parquet' "
        "where month between date '2024-08-01' and date '2025-11-01'",
    ),
    "churners": (
        "select account_id, change_date, mrr_before, coalesce(is_involuntary, false) from core.fct_mrr_changes "
        "where movement_type = 'churn'",
        "select account_id, churned_on, mrr_lost, is_involuntary from '{truth}/churn_events.parquet'",
    ),
    "orders": (
        "select customer_id, ordered_at, lines, gross_amount, refunded_amount, is_cancelled from core.fct_orders",
        "select person_id, ordered_at, lines, gross_amount_usd, refunded_amount_usd, is_cancelled"
        " from '{truth}/orders.parquet'",
    ),
    "experiment exposures": (
        "select variant, count(*) from core.fct_experiment_exposures group by all",
        "select variant, exposed from '{truth}/experiment.parquet'",
    ),
    "campaign touches": (
        "select campaign_id, count(*) filter (not is_holdout), count(*) filter (is_holdout) "
        "from core.fct_campaign_touches group by all",
        "select campaign_id, touched, holdout from '{truth}/campaigns.parquet'",
    ),
}


@pytest.fixture(scope="module")
def con(demo_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(str(demo_home / "published" / "marts.duckdb"), read_only=True)
    connection.execute("set timezone = 'UTC'")
    connection.execute(f"attach '{demo_home / 'warehouse' / 'segmentry.duckdb'}' as warehouse (read_only)")
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def truth(demo_home: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((demo_home / "truth" / "truth.json").read_text(encoding="utf-8"))
    return data


@pytest.mark.parametrize("name", EQUAL)
def test_marts_equal_the_truth(con: duckdb.DuckDBPyConnection, demo_home: Path, name: str) -> None:
    mart, expected = EQUAL[name]
    expected = expected.format(truth=demo_home / "truth")
    assert con.execute(f"select count(*) from ({expected})").fetchall()[0][0] > 0
    missing = con.execute(f"select * from (({expected}) except all ({mart})) limit 5").fetchall()
    surplus = con.execute(f"select * from (({mart}) except all ({expected})) limit 5").fetchall()
    assert (missing, surplus) == ([], []), f"{name}: missing {missing}, surplus {surplus}"


def test_ledger_counts_the_dirt_and_the_duplicates(con: duckdb.DuckDBPyConnection, truth: dict[str, Any]) -> None:
    ledger = con.execute(
        "select feed, sum(records), sum(accepted), sum(quarantined), sum(duplicates) from trust.feed_ledger"
        " group by all"
    ).fetchall()
    assert {row[0] for row in ledger} == set(truth["rows"])
    for feed, records, accepted, quarantined, duplicates in ledger:
        dirt = sum(kind["rows"] for kind in truth["dirt"][feed].values())
        assert records == truth["rows"][feed], feed
        assert quarantined == dirt, feed
        assert accepted == truth["distinct"][feed], feed
        assert duplicates == sum(truth["duplicates"][feed].values()), feed


def test_quarantine_names_the_reasons_that_were_drawn(con: duckdb.DuckDBPyConnection, truth: dict[str, Any]) -> None:
    expected: dict[tuple[str, str], int] = {}
    for feed, kinds in truth["dirt"].items():
        for kind in kinds.values():
            expected[feed, kind["reason"]] = expected.get((feed, kind["reason"]), 0) + kind["rows"]
    found = con.execute("select feed, reason, rows from trust.quarantine_summary").fetchall()
    assert {(feed, reason): rows for feed, reason, rows in found} == expected


def test_no_internal_person_or_bot_is_anywhere(con: duckdb.DuckDBPyConnection, demo_home: Path) -> None:
    hidden = f"select person_id from '{demo_home / 'truth'}/people.parquet' where is_internal or is_bot"
    assert con.execute(f"select count(*) from ({hidden})").fetchall()[0][0] > 0
    tables = con.execute(
        "select schema_name, table_name from duckdb_columns()"
        " where database_name = 'marts' and column_name = 'customer_id' "
        "and schema_name <> 'trust'"
    ).fetchall()
    assert len(tables) > 8
    for schema, table in tables:
        found = con.execute(f"select count(*) from {schema}.{table} where customer_id in ({hidden})").fetchall()[0][0]
        assert found == 0, f"{schema}.{table}"
