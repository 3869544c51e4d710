"""Macros of single KPIs with literal values."""

from __future__ import annotations

from ast import literal_eval
from datetime import date

from test_macros import ROOT, macros, value


def test_conversion_deadline():
    m = macros(trial_conversion_days=30, free_conversion_days=90)
    assert value(m.conversion_deadline("'trial_to_paid'", "date '2026-01-01'")) == date(2026, 1, 31)
    assert value(m.conversion_deadline("'free_to_paid'", "date '2026-01-01'")) == date(2026, 4, 1)


def test_every_kpi_names_contracted_feeds():
    needs = literal_eval(macros().kpi_needs())
    feeds = {path.stem for path in (ROOT / "contracts").glob("*.yml")}
    tables = {path.stem for path in (ROOT / "models" / "marts" / "kpis").glob("kpi_*.sql")}
    assert set(needs) == tables - {"kpi_availability"}
    assert all(names and set(names) <= feeds for names in needs.values())
