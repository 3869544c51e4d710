"""The headline figures of published marts, as `segmentry demo` prints them."""
# ruff: noqa: S608 (the statements are constants of this module)

from __future__ import annotations

from pathlib import Path

import duckdb
from pydantic import BaseModel

from segmentry.duck import open_read_only

_MONTH = (
    "segment_dimension = 'all' and period_grain = 'month' and period_start ="
    " (select max(period_start) from {table} where segment_dimension = 'all' and period_grain = 'month'"
    " and period_start + interval 1 month <= as_of_date + interval 1 day)"
)
_LAST_DAY = (
    "segment_dimension = 'all' and period_grain = 'day' and period_start ="
    " (select max(period_start) from {table} where segment_dimension = 'all' and period_grain = 'day')"
)

_PREDICTED = "segment_dimension = 'all' and period_grain = 'month' and predicted_clv_12m is not null"

# label, table, expression, filter, format
_FIGURES = [
    ("Customers", "core.dim_customers", "count(*)", "true", "{:,.0f}"),
    ("Accounts", "core.dim_accounts", "count(*)", "true", "{:,.0f}"),
    ("Active in the last 28 days", "kpis.kpi_active_customers", "max(mau)", _LAST_DAY, "{:,.0f}"),
    ("MRR at month's end", "kpis.kpi_mrr_movements", "max(closing_mrr)", _MONTH, "{:,.2f}"),
    ("Net revenue retention (month)", "kpis.kpi_mrr_movements", "max(nrr)", _MONTH, "{:.1%}"),
    ("Gross revenue retention (month)", "kpis.kpi_mrr_movements", "max(grr)", _MONTH, "{:.1%}"),
    ("Churn rate (month)", "kpis.kpi_churn", "max(churn_rate_opening)", _MONTH, "{:.1%}"),
    ("Orders (month)", "kpis.kpi_revenue", "max(orders)", _MONTH, "{:,.0f}"),
    ("Net revenue (month)", "kpis.kpi_revenue", "max(net_revenue)", _MONTH, "{:,.2f}"),
    ("Average order value (month)", "kpis.kpi_revenue", "max(average_order_value)", _MONTH, "{:,.2f}"),
    ("Revenue per active customer (month)", "kpis.kpi_arpu", "max(arpu)", _MONTH, "{:,.2f}"),
    ("Expected of buyers in 12 months", "kpis.kpi_clv", "max(predicted_clv_12m)", _PREDICTED, "{:,.2f}"),
    ("Back-test, predicted / actual", "core.dim_model_runs", "max(calibration_ratio)", "is_used", "{:.2f}"),
]


class Figure(BaseModel):
    """A label, a value ready to print, and the mart it comes from."""

    label: str
    value: str
    mart: str


def headline_figures(marts: Path) -> list[Figure]:
    """Figures of the last complete month. Those of a missing, empty or unavailable mart are left out."""
    figures = []
    with open_read_only(marts) as connection:
        unavailable = _unavailable(connection)
        for label, table, expression, where, form in _FIGURES:
            if table.partition(".")[2] in unavailable:
                continue
            sql = f"select ({expression})::double from {table} where {where.format(table=table)}"
            try:
                row = connection.execute(sql).fetchone()
            except (duckdb.CatalogException, duckdb.BinderException):
                continue
            if row and row[0] is not None:
                figures.append(Figure(label=label, value=form.format(row[0]), mart=table))
    return figures


def _unavailable(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """KPI marts whose feeds are missing: their zeros mean nothing."""
    try:
        rows = connection.execute("select kpi from kpis.kpi_availability where not is_available").fetchall()
    except duckdb.CatalogException:
        return set()
    return {row[0] for row in rows}
