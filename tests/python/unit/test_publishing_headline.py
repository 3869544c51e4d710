"""Headline figures: those of the last complete month, over everybody, and only from marts that are there."""

from pathlib import Path

import duckdb

from segmentry.publishing.headline import headline_figures


def marts(path: Path) -> Path:
    """Marts as of 15 March: January and February are complete, March is not."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema core; create schema kpis")
        connection.execute("create table core.dim_customers as select i as customer_id from range(1234) as t(i)")
        connection.execute(
            "create table kpis.kpi_mrr_movements as select * from (values"
            " ('month', date '2026-01-01', 'all', 'all', 100.00, 0.9, null, date '2026-03-15'),"
            " ('month', date '2026-02-01', 'all', 'all', 2500.50, 1.025, 0.98, date '2026-03-15'),"
            " ('month', date '2026-02-01', 'plan', 'pro', 7777.00, 2.0, 2.0, date '2026-03-15'),"
            " ('month', date '2026-03-01', 'all', 'all', 9999.00, 3.0, 3.0, date '2026-03-15'),"
            " ('week', date '2026-03-02', 'all', 'all', 8888.00, 4.0, 4.0, date '2026-03-15'))"
            " as t(period_grain, period_start, segment_dimension, segment_key, closing_mrr, nrr, grr, as_of_date)"
        )
        connection.execute(
            "create table kpis.kpi_active_customers as select * from (values"
            " ('day', date '2026-03-14', 'all', 'all', 10), ('day', date '2026-03-15', 'all', 'all', 20),"
            " ('day', date '2026-03-15', 'plan', 'pro', 30))"
            " as t(period_grain, period_start, segment_dimension, segment_key, mau)"
        )
        connection.execute("create table kpis.kpi_churn as select 1 as another_shape")
    return path


def test_figures_of_the_last_complete_month(tmp_path: Path) -> None:
    found = {figure.label: (figure.value, figure.mart) for figure in headline_figures(marts(tmp_path / "marts.duckdb"))}
    assert found == {
        "Customers": ("1,234", "core.dim_customers"),
        "Active in the last 28 days": ("20", "kpis.kpi_active_customers"),
        "MRR at month's end": ("2,500.50", "kpis.kpi_mrr_movements"),
        "Net revenue retention (month)": ("102.5%", "kpis.kpi_mrr_movements"),
        "Gross revenue retention (month)": ("98.0%", "kpis.kpi_mrr_movements"),
    }


def test_a_month_that_ends_on_the_as_of_date_is_complete(tmp_path: Path) -> None:
    path = marts(tmp_path / "marts.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("update kpis.kpi_mrr_movements set as_of_date = date '2026-03-31'")
    values = {figure.label: figure.value for figure in headline_figures(path)}
    assert values["MRR at month's end"] == "9,999.00"


def test_zeros_of_a_kpi_without_its_feeds_are_no_figures(tmp_path: Path) -> None:
    path = marts(tmp_path / "marts.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table kpis.kpi_availability as select * from (values"
            " ('kpi_mrr_movements', false), ('kpi_active_customers', true)) as t(kpi, is_available)"
        )
    assert [figure.label for figure in headline_figures(path)] == ["Customers", "Active in the last 28 days"]
