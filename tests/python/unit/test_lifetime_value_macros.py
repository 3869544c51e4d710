"""The closed forms in SQL against the estimators (which the papers check) and against calendars worked out by hand."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest
from test_macros import macros, rows_of

from segmentry.estimators.bgnbd import BG_NBD, MBG_NBD
from segmentry.estimators.fit_vars import SETTINGS, FitVars
from segmentry.estimators.gamma_gamma import expected_value

PARAMETERS = np.array([0.52, 6.2, 0.89, 0.7])
WEEKS = 39.0
BUYERS = [(0, 0, 30), (0, 0, 700), (1, 3, 300), (7, 250, 280), (40, 270, 272), (5000, 200, 272)]


def in_sql(expression: str, model: int) -> np.ndarray:
    r, alpha, a, b = PARAMETERS
    rows = ", ".join(f"({x}, {t_x}, {age}, {t_x} / 7.0, {age} / 7.0)" for x, t_x, age in BUYERS)
    sql = (
        f"with parameters as (select {r}::double as r, {alpha}::double as alpha, {a}::double as a, {b}::double as b,"
        f" {model} as leaves_after_first, {WEEKS}::double as prediction_weeks),"
        f" summaries(frequency, recency_days, age_days, recency, customer_age) as (values {rows})"
        f" select {expression} from parameters cross join summaries order by age_days, frequency"
    )
    order = sorted(range(len(BUYERS)), key=lambda i: (BUYERS[i][2], BUYERS[i][0]))
    found = np.array([row[0] for row in duckdb.execute(sql).fetchall()], dtype=np.float64)
    return found[np.argsort(order)]


@pytest.mark.parametrize("model", [BG_NBD, MBG_NBD])
def test_purchase_probabilities(model):
    x, t_x, age = (np.array(column, dtype=np.float64) for column in zip(*BUYERS, strict=True))
    alive = in_sql(macros().purchase_probability_alive("parameters", "summaries"), model.leaves_after_first)
    expected = model.probability_alive(PARAMETERS, x, t_x / 7, age / 7)
    np.testing.assert_allclose(alive, expected, rtol=1e-12, atol=1e-300)
    buying = in_sql(macros().purchase_probability_buying("parameters", "summaries"), model.leaves_after_first)
    np.testing.assert_allclose(buying, model.probability_buying(PARAMETERS, x, age / 7, WEEKS), rtol=1e-12)


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ((1, 5, 10), "scored"),
        ((0, 0, 10), "scored"),
        ((0, 0, 0), "age_zero"),
        ((2, 11, 10), "recency_after_age"),
        ((1, 0, 10), "recency_without_repeat"),
        ((0, 3, 10), "recency_without_repeat"),
        ((-1, 3, 10), "not_a_count"),
        (("null", 3, 10), "not_a_number"),
        ((1, "null", 10), "not_a_number"),
        ((1, 3, "null"), "not_a_number"),
    ],
)
def test_purchase_history_status(row, status):
    values = ", ".join(f"cast({value} as integer)" for value in row)
    sql = f"with s(frequency, recency_days, age_days) as (values ({values})) select "
    assert rows_of(sql + macros().purchase_history_status("s") + " from s") == [(status,)]


@pytest.mark.parametrize(("frequency", "value"), [(0, None), (1, 12.5), (9, 300.0), (3, 0.0), (3, -4.0)])
def test_expected_order_value(frequency, value):
    sql = (
        "with g as (select 6.25 as p, 3.74 as q, 15.44 as gamma), s as "
        f"(select {frequency} as frequency, cast({'null' if value is None else value} as decimal(18, 2)) as m) select "
    )
    found = rows_of(sql + macros().expected_order_value("g", "s.frequency", "s.m") + " from g cross join s")[0][0]
    mean = np.array([np.nan if value is None else value])
    expected = expected_value(np.array([6.25, 3.74, 15.44]), np.array([float(frequency)]), mean)[0]
    assert float(found) == pytest.approx(expected, rel=1e-12)


def test_no_order_value_without_a_mean():
    assert rows_of("with g as (select 6.0 as p, 1.0 as q, 15.0 as gamma) select "
                   + macros().expected_order_value("g", "2", "20.0") + " from g") == [(None,)]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2024-01-15", "2024-01-15", 0),
        ("2024-01-15", "2024-02-14", 0),
        ("2024-01-15", "2024-02-15", 1),
        ("2023-12-31", "2024-02-29", 2),
        ("2024-01-31", "2024-02-28", 0),
        ("2024-01-31", "2024-02-29", 1),
        ("2024-02-29", "2025-02-28", 12),
        ("2024-01-30", "2025-01-29", 11),
    ],
)
def test_full_months(first, last, months):
    assert rows_of("select " + macros().full_months(f"date '{first}'", f"date '{last}'")) == [(months,)]


def test_settings_are_written_alike():
    values = dict.fromkeys(SETTINGS, 1) | {"clv_discount_rate": "0.10", "reporting_currency": "EUR"}
    text = macros(**values).model_settings().strip()
    assert text == FitVars.of(values).settings
    assert "reporting_currency=EUR" in text
