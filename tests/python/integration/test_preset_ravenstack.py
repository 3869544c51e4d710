"""Preset ravenstack: the warehouse gives the figures that SQL directly on the files gives."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from preset_warehouse import (
    SHARED,
    PresetWarehouse,
    build_preset,
    markdown,
    needs_shared,
    truth,
    unnoticed,
    unproved_parts,
)

NAME = "ravenstack"
MONTHS = "period_grain = 'month' and segment_dimension = 'all' and segment_key = 'all'"

pytestmark = [pytest.mark.integration, pytest.mark.realdata, needs_shared(NAME)]


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory, parsed_with: Callable[[str], Path]) -> PresetWarehouse:
    return build_preset(NAME, tmp_path_factory.mktemp(NAME), SHARED / NAME, parsed_with(NAME))


@pytest.fixture(scope="session")
def figures() -> dict:
    return truth(NAME)


def test_no_record_is_lost(company: PresetWarehouse, figures: dict) -> None:
    ledger = company.ledger()
    print(markdown(ledger))
    assert company.trusted_ledger() == {table: entry.counts for table, entry in ledger.items()}
    expected = figures["rows"]
    assert {table: (entry.records, entry.counted) for table, entry in ledger.items()} == {
        "accounts": (expected["accounts"], expected["accounts"]),
        "churn_events": (expected["churn"], expected["churn"]),
        "feature_usage": (expected["usage"], expected["usage"]),
        "subscriptions": (expected["subs"], expected["subs"]),
        "support_tickets": (expected["tickets"], expected["tickets"]),
    }
    assert all(entry.is_conserved for entry in ledger.values())


def test_contradictions_are_counted_exactly(company: PresetWarehouse, figures: dict) -> None:
    mess = figures["mess"]
    assert dict(company.rows("select check_name, violations from staging.ravenstack_source_checks")) == {
        "usage_before_subscription_start": mess["usage_before_sub_start"],
        "usage_after_subscription_end": mess["usage_after_sub_end"],
        "usage_without_subscription": 0,
        "repeated_usage_ids": mess["dup_usage_ids"],
        "tickets_before_sign_up": mess["ticket_before_signup"],
        "churn_event_without_flag": mess["churn_event_but_flag_false"],
        "churn_flag_without_event": mess["flag_true_no_event"],
    }


def test_rows_with_a_repeated_id_are_uses_of_their_own(company: PresetWarehouse) -> None:
    # 21 ids stand twice, each time for two subscriptions: the id is 24 bits long, 18.6 collisions are to be expected
    assert company.row("""
        select count(*), count(distinct subscription_id) from staging.base_ravenstack__feature_usage
        where usage_id in (select usage_id from staging.base_ravenstack__feature_usage group by 1 having count(*) > 1)
    """) == (42, 42)


def test_seats_times_price_is_the_mrr(company: PresetWarehouse, figures: dict) -> None:
    rows = company.rows("""
        select plan_id, count(*), sum(quantity * unit_amount),
            count(*) filter (phase_ended_at is null), sum(quantity * unit_amount) filter (phase_ended_at is null)
        from staging.stg_ravenstack__subscriptions group by 1 order by 1""")
    expected = figures["subs_mrr_by_plan"]
    assert rows == [(p["plan_tier"], p["n"], p["mrr"], p["open_n"], p["open_mrr"]) for p in expected]


def test_mrr_by_month(company: PresetWarehouse, figures: dict) -> None:
    rows = company.rows(
        f"select strftime(last_day(period_start), '%Y-%m-%d'), closing_mrr from kpis.kpi_mrr_movements where {MONTHS}"
        " and period_start between '2023-01-01' and '2024-12-01' order by 1"
    )
    assert rows == [(month["m"], month["mrr"]) for month in figures["mrr_month_end"]]


def test_paying_accounts_by_month(company: PresetWarehouse) -> None:
    expected = duckdb.sql(f"""
        select strftime(month, '%Y-%m'), count(distinct account_id)
        from range(timestamp '2023-01-01', timestamp '2025-01-01', interval 1 month) as months(month)
        inner join '{SHARED / NAME}/subscriptions.csv' as subscriptions
            on start_date <= last_day(month) and (end_date is null or end_date > last_day(month)) and mrr_amount > 0
        group by 1 order by 1""").fetchall()
    rows = company.rows(
        f"select strftime(period_start, '%Y-%m'), paying_accounts from kpis.kpi_arpu where {MONTHS}"
        " and period_start between '2023-01-01' and '2024-12-01' and paying_accounts > 0 order by 1"
    )
    assert rows == expected


def test_accounts_with_a_live_subscription_by_month(company: PresetWarehouse, figures: dict) -> None:
    # trials included: they are live and pay nothing
    rows = company.rows("""
        select strftime(month, '%Y-%m-%d'), count(*), count(distinct account_id), sum(quantity * unit_amount)
        from (
            select last_day(day) as month
            from range(timestamp '2023-01-01', timestamp '2025-01-01', interval 1 month) as months(day)
        )
        inner join staging.stg_ravenstack__subscriptions
            on phase_started_at <= month and (phase_ended_at is null or phase_ended_at > month)
        group by 1 order by 1""")
    assert rows == [(m["m"], m["subs"], m["accounts"], m["mrr"]) for m in figures["mrr_month_end"]]


def test_active_accounts_by_month(company: PresetWarehouse, figures: dict) -> None:
    rows = company.rows(
        f"select strftime(period_start, '%Y-%m'), active_customers from kpis.kpi_active_customers where {MONTHS}"
        " and active_customers > 0 order by 1"
    )
    assert rows == [(month["m"], month["active_accounts"]) for month in figures["usage_by_month_active_accounts"]]


def test_uses_by_month(company: PresetWarehouse, figures: dict) -> None:
    rows = company.rows("""
        select strftime(event_date, '%Y-%m'), count(*), sum((properties ->> 'usage_count')::bigint)
        from staging.stg_ravenstack__events group by 1 order by 1""")
    assert rows == [(m["m"], m["rows"], m["uses"]) for m in figures["usage_by_month_active_accounts"]]


def test_firmographics(company: PresetWarehouse, figures: dict) -> None:
    industries = company.rows("select industry, count(*) from core.dim_accounts group by 1 order by 1")
    assert industries == [(row["industry"], row["n"]) for row in figures["accounts_by_industry"]]
    countries = dict(company.rows("select country_code, count(*) from core.dim_accounts group by 1"))
    # the source writes UK where ISO 3166 says GB
    assert countries == {
        {"UK": "GB"}.get(row["country"], row["country"]): row["n"] for row in figures["accounts_by_country"]
    }


def test_no_feature_of_the_past_tells_who_will_churn(company: PresetWarehouse) -> None:
    # the source's flags have no date
    assert company.row("select count(*) > 0, count(crm_stage) from core.account_features") == (True, 0)


def test_tickets(company: PresetWarehouse, figures: dict) -> None:
    rows = company.rows("""
        select priority, count(*), round(avg(satisfaction_score), 4), count(satisfaction_score),
            round(avg(date_diff('minute', created_at, first_responded_at)), 2), count(*) filter (tags <> '[]')
        from staging.stg_ravenstack__tickets group by 1 order by 1""")
    expected = figures["tickets_by_priority"]
    assert rows == [(t["priority"], t["n"], t["csat"], t["answered"], t["frt"], t["esc"]) for t in expected]
    hours = duckdb.sql(f"select sum(resolution_time_hours) from '{SHARED / NAME}/support_tickets.csv'").fetchall()
    assert (
        company.rows("select sum(date_diff('hour', created_at, solved_at)) from staging.stg_ravenstack__tickets")
        == hours
    )


def test_reasons_of_ended_subscriptions(company: PresetWarehouse) -> None:
    expected = duckdb.sql(f"""
        select count(distinct subscription_id) from '{SHARED / NAME}/subscriptions.csv' as s
        inner join '{SHARED / NAME}/churn_events.csv' as c on s.account_id = c.account_id and s.end_date = c.churn_date
    """).fetchall()
    assert company.rows("select count(cancel_reason) from staging.stg_ravenstack__subscriptions") == expected


def test_laws_of_mrr_and_activity_are_in_force(company: PresetWarehouse, tmp_path: Path) -> None:
    """By month, by segment and by currency: each held in the build, and none of these would have got through."""
    last = "period_grain = 'month' and period_start = '2024-11-01'"
    assert (
        unnoticed(
            company,
            tmp_path,
            {
                "assert_kpi_mrr_invariants": f"update kpis.kpi_mrr_movements set new_mrr = new_mrr + 1 where {last}"
                " and segment_dimension = 'firmographic' and opening_accounts > 0",
                "assert_mrr_by_currency_rolls_forward": "update intermediate.int_subscription_phases"
                " set ended_on = started_on - 60 where is_paid and started_on > '2023-06-01' and ended_on > started_on",
                "assert_mrr_chain": "update core.fct_mrr_changes set mrr_before = mrr_before + 1"
                " where movement_type = 'churn'",
                "assert_kpi_lifecycle_invariants": f"update kpis.kpi_lifecycle set dormant = dormant + 1 where {last}"
                " and segment_dimension = 'all'",
                "assert_kpi_change_attribution_invariants": "update kpis.kpi_change_attribution"
                f" set mix_effect = mix_effect + 1 where metric = 'mrr' and {last}",
            },
        )
        == {}
    )


def test_parts_add_up_for_every_figure_there_is(company: PresetWarehouse, tmp_path: Path) -> None:
    missed, absent = unproved_parts(company, tmp_path)
    assert missed == set()
    # no orders, texts, vitals, experiments or campaigns; no feature or funnel of the demo's catalogue
    assert {column.split(".")[0] for column in absent} == {
        "fct_model_backtests",
        "kpi_clv",
        "kpi_feature_adoption",
        "kpi_sentiment",
        "kpi_web_vitals",
        "report_campaigns",
        "report_experiments",
        "report_funnels",
    }
