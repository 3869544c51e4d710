"""Preset online_retail_ii: the warehouse gives the figures that SQL directly on the file gives."""

import json
from collections.abc import Callable
from decimal import Decimal
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

from segmentry.config import find_project, project_vars, resolve_vars
from segmentry.estimators.runs import fit_models

NAME = "online_retail_ii"
FILE = SHARED / NAME / "online_retail_ii.parquet"
# Of the nine days that both sheets hold, the second sheet's lines count.
ONCE = f"(select * from '{FILE}' where not (sheet = '2009-2010' and invoice_date >= timestamp '2010-12-01'))"
SALE = "customer_id is not null and invoice not like 'C%' and quantity > 0 and price > 0"
MONTHS = "period_grain = 'month' and segment_dimension = 'all' and segment_key = 'all'"

pytestmark = [pytest.mark.integration, pytest.mark.realdata, needs_shared(NAME)]


@pytest.fixture(scope="session")
def retail(tmp_path_factory: pytest.TempPathFactory, parsed_with: Callable[[str], Path]) -> PresetWarehouse:
    return build_preset(NAME, tmp_path_factory.mktemp(NAME), SHARED / NAME, parsed_with(NAME))


@pytest.fixture(scope="session")
def figures() -> dict:
    return truth(NAME)


def on_file(sql: str) -> list[tuple]:
    return duckdb.sql(sql).fetchall()


def pennies(amount: float) -> Decimal:
    return Decimal(str(amount)).quantize(Decimal("0.01"))


def test_no_line_is_lost(retail: PresetWarehouse, figures: dict) -> None:
    ledger = retail.ledger()
    print(markdown(ledger))
    assert retail.trusted_ledger() == {table: entry.counts for table, entry in ledger.items()}
    lines = ledger["order_lines"]
    ((without_customer, without_price),) = on_file(
        "select count(*) filter (customer_id is null), count(*) filter (customer_id is not null and price <= 0)"
        f" from '{FILE}'"
    )
    assert lines.is_conserved
    assert lines.records == figures["raw_all"]["n"]
    assert lines.quarantined == {"missing_required:customer_id": without_customer, "price_not_positive": without_price}
    # the overlap is either a duplicate or was quarantined before
    ((quarantined_overlap,),) = on_file(
        f"select count(*) from '{FILE}' where sheet = '2009-2010' and invoice_date >= timestamp '2010-12-01'"
        " and (customer_id is null or price <= 0)"
    )
    assert lines.duplicates == figures["overlap_rows_1_9_dec_2010"] - quarantined_overlap


def test_lines_that_repeat_within_a_sheet_stay(retail: PresetWarehouse) -> None:
    ((expected,),) = on_file(f"select count(*) from {ONCE} where customer_id is not null and price > 0")
    assert retail.row("select count(*) from staging.base_online_retail_ii__order_lines") == (expected,)


def test_local_times_are_stored_in_utc(retail: PresetWarehouse) -> None:
    # British summer time on 1 June, none on 1 December
    sql = "select min(invoice_date) from staging.base_online_retail_ii__order_lines where invoice = '{}'"
    for month in ("2010-06-01", "2010-12-02"):
        ((invoice, local),) = on_file(
            f"select invoice, invoice_date from {ONCE}"
            f" where invoice_date::date = '{month}' and {SALE} order by all limit 1"
        )
        (stored,) = retail.row(sql.format(invoice))
        assert (local - stored).total_seconds() == (3600 if month == "2010-06-01" else 0)


def test_orders_customers_and_revenue(retail: PresetWarehouse, figures: dict) -> None:
    expected = figures["customers_orders_revenue"]
    customers, orders, revenue = retail.row(
        "select count(distinct customer_id), count(*), sum(gross_amount) from core.fct_orders"
    )
    assert (customers, orders) == (expected["customers"], expected["orders"])
    # 18 lines cost a tenth of a penny each, which no amount in pennies can hold
    assert pennies(expected["revenue"]) - revenue == pennies(0.02)
    assert on_file(f"select sum(quantity * price::decimal(18,3)) from {ONCE} where {SALE} and price < 0.01") == [
        (Decimal("0.018"),)
    ]


def test_revenue_by_month(retail: PresetWarehouse, figures: dict) -> None:
    rows = retail.rows(
        "select strftime(period_start, '%Y-%m'), orders, buyers, gross_revenue from kpis.kpi_revenue"
        f" where {MONTHS} and orders > 0 order by 1"
    )
    expected = figures["revenue_by_month"]
    assert [row[:3] for row in rows] == [(month["m"], month["orders"], month["customers"]) for month in expected]
    differences = {month["m"]: pennies(month["revenue"]) - row[3] for month, row in zip(expected, rows, strict=True)}
    assert {month: gap for month, gap in differences.items() if gap} == {"2010-02": pennies(0.01)}


def test_refunds_fall_in_their_own_month(retail: PresetWarehouse) -> None:
    expected = on_file(
        "select strftime(invoice_date, '%Y-%m'), sum(-quantity * price::decimal(18,2))"
        f" from {ONCE} where customer_id is not null and invoice like 'C%' group by 1 order by 1"
    )
    rows = retail.rows(
        "select strftime(period_start, '%Y-%m'), refunds from kpis.kpi_revenue"
        f" where {MONTHS} and refunds > 0 order by 1"
    )
    assert rows == expected


def test_orders_taken_back_whole(retail: PresetWarehouse) -> None:
    # two large orders that the literature on this data set names, cancelled 16 and 12 minutes later
    rows = retail.rows(
        "select order_id, net_amount, is_cancelled from core.fct_orders"
        " where order_id in ('541431', '581483') order by order_id"
    )
    assert rows == [("541431", 0, True), ("581483", 0, True)]


def test_repeat_rate(retail: PresetWarehouse, figures: dict) -> None:
    repeaters, customers = retail.row(
        "select count(*) filter (orders > 1), count(*)"
        " from (select count(*) as orders from core.fct_orders group by customer_id)"
    )
    expected = figures["repeat_rate"]
    assert (repeaters, customers) == (expected["repeaters"], expected["customers"])
    assert round(repeaters / customers, 6) == expected["repeat_rate"]


CURVES = f"""
    from kpis.kpi_retention
    where {MONTHS} and cohort_basis = 'first_purchase' and retention_kind = 'on_period' and window_kind = 'calendar'
    and is_mature
"""


def test_retention_in_the_month_after(retail: PresetWarehouse, figures: dict) -> None:
    rows = retail.rows(
        f"select strftime(cohort_start, '%Y-%m'), cohort_size, retained, round(retention_rate, 6) {CURVES}"
        " and period_number = 1 order by 1"
    )
    # December 2011 ends with the data on the 9th: the cohort of November has no whole month after it
    expected = [row for row in figures["month1_retention_by_cohort"] if row["cohort"] <= "2011-10"]
    assert rows == [(row["cohort"], row["size"], row["m1"], row["m1_rate"]) for row in expected]


def test_curve_of_the_first_cohort(retail: PresetWarehouse, figures: dict) -> None:
    rows = retail.rows(
        f"select period_number, retained, round(retention_rate, 6) {CURVES} and cohort_start = '2009-12-01' order by 1"
    )
    expected = [row for row in figures["first_cohort_retention"] if row["mth"] < 24]
    assert rows == [(row["mth"], row["active"], row["rate"]) for row in expected]


def test_recency_frequency_monetary(retail: PresetWarehouse, figures: dict) -> None:
    expected = figures["rfm_snapshot_2011_12_10"]
    customers, recency, frequency, monetary, median = retail.row("""
        select count(*), round(avg(recency), 4), round(avg(frequency), 4), round(avg(monetary), 4), median(monetary)
        from (
            select
                date '2011-12-10' - max(ordered_on) as recency,
                count(*) as frequency,
                sum(gross_amount)::double as monetary
            from core.fct_orders group by customer_id
        )""")
    assert (customers, recency, frequency) == (
        expected["customers"],
        expected["avg_recency_days"],
        expected["avg_freq"],
    )
    assert monetary == pytest.approx(expected["avg_monetary"], abs=1e-4)
    assert median == pytest.approx(expected["med_monetary"], abs=1e-4)


def test_share_of_the_best_tenth(retail: PresetWarehouse, figures: dict) -> None:
    (share,) = retail.row("""
        with customers as (select customer_id, sum(gross_amount)::double as value from core.fct_orders group by 1),
        ranked as (select value, ntile(10) over (order by value desc, customer_id) as tenth from customers)
        select round(sum(value) filter (tenth = 1) / sum(value), 6) from ranked""")
    assert share == figures["top_decile_revenue_share"]["share"]


def test_every_country_has_its_code(retail: PresetWarehouse) -> None:
    without_code = retail.rows("""
        select distinct lines.country
        from staging.base_online_retail_ii__order_lines as lines
        inner join staging.stg_online_retail_ii__events as orders
            on orders.event_id = 'order_placed:' || lines.invoice
        where orders.country_code is null order by 1""")
    assert [name for (name,) in without_code] == ["Channel Islands", "European Community", "Unspecified", "West Indies"]
    codes = dict(
        retail.rows("""
            select distinct lines.country, orders.country_code
            from staging.base_online_retail_ii__order_lines as lines
            inner join staging.stg_online_retail_ii__events as orders
                on orders.event_id = 'order_placed:' || lines.invoice
            where lines.country in ('EIRE', 'RSA', 'United Kingdom')""")
    )
    assert codes == {"EIRE": "IE", "RSA": "ZA", "United Kingdom": "GB"}


def test_lifetime_value_is_fitted_and_back_tested(retail: PresetWarehouse, tmp_path: Path) -> None:
    """The figures of the README. The total of three quarters is met; single quarters are not, because the model has no
    season: it promises as much for spring as for the weeks before Christmas.
    """
    variables = {**project_vars(find_project()), **resolve_vars(find_project(), NAME)}
    value, *_ = fit_models(tmp_path, lambda sql: retail.connection.sql(sql).to_arrow_table(), variables)
    told = json.loads(value.diagnostics or "{}")
    scores = told["backtest"]
    # Pareto/NBD has no maximum here: the drop-out rate is the same for everybody as far as the data can tell
    assert told["backtest_origins"] == ["2011-08-31", "2011-06-01", "2011-03-02"]
    assert told["not_converged"] == {"pareto_nbd": told["backtest_origins"]}
    assert (value.status, value.variant, value.converged, value.is_calibrated) == ("fitted", "mbg_nbd", True, True)
    assert value.observations == 5859
    assert {name: round(found["calibration_ratio"], 2) for name, found in scores.items()} == {
        "mbg_nbd": 1.06,
        "bg_nbd": 1.06,
        "own_rate": 1.11,
    }
    assert round(scores["mbg_nbd"]["top_decile_lift"], 2) == 4.39
    assert round(scores["mbg_nbd"]["rmse"], 3) == 0.993 < scores["own_rate"]["rmse"]


def test_laws_of_activity_and_money_are_in_force(retail: PresetWarehouse, tmp_path: Path) -> None:
    """There are no subscriptions: MRR and its laws have no rows here."""
    month = "period_grain = 'month' and period_start = '2011-06-01'"
    assert retail.row("select count(*) from core.fct_mrr_changes") == (0,)
    assert (
        unnoticed(
            retail,
            tmp_path,
            {
                "assert_kpi_lifecycle_invariants": f"update kpis.kpi_lifecycle set dormant = dormant + 1 where {month}"
                " and segment_dimension = 'all'",
                "assert_kpi_revenue_reconciles": "update kpis.kpi_revenue set net_revenue = net_revenue + 1"
                f" where {month}",
                "assert_kpi_change_attribution_invariants": f"update kpis.kpi_arpu set arpu = arpu + 1 where {month}",
            },
        )
        == {}
    )


def test_parts_add_up_for_every_figure_there_is(retail: PresetWarehouse, tmp_path: Path) -> None:
    missed, absent = unproved_parts(retail, tmp_path)
    assert missed == set()
    # orders and who made them, nothing else
    assert {column.split(".")[0] for column in absent} == {
        "fct_model_backtests",
        "kpi_clv",
        "kpi_feature_adoption",
        "kpi_sentiment",
        "kpi_support_needs",
        "kpi_survival",
        "kpi_web_vitals",
        "report_campaigns",
        "report_experiments",
        "report_funnels",
        "report_paths",
    }
