"""Macros of single KPIs with literal values."""

from __future__ import annotations

from datetime import date

from test_macros import macros, value


def test_conversion_deadline():
    m = macros(trial_conversion_days=30, free_conversion_days=90)
    assert value(m.conversion_deadline("'trial_to_paid'", "date '2026-01-01'")) == date(2026, 1, 31)
    assert value(m.conversion_deadline("'free_to_paid'", "date '2026-01-01'")) == date(2026, 4, 1)
