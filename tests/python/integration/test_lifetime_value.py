"""Lifetime value and survival of the demo company: scored in SQL as the estimators score, and true to what it was drawn
from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from scipy.stats import chi2
from typer.testing import CliRunner

from segmentry.cli import app
from segmentry.estimators import gamma_gamma, tenure
from segmentry.estimators.bgnbd import MBG_NBD, Horizon, discounted_purchases
from segmentry.estimators.gamma_gamma import Values
from segmentry.estimators.purchases import WEEKS_PER_MONTH, compress
from segmentry.estimators.tenure import Tenures

pytestmark = pytest.mark.integration
NOT_BY_CHANCE = 0.999


@pytest.fixture(scope="module")
def build(demo_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(demo_home / "warehouse" / "segmentry.duckdb"), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def drawn_from(demo_home: Path) -> dict[str, Any]:
    return json.loads((demo_home / "truth" / "truth.json").read_text())["parameters"]


def columns(build: duckdb.DuckDBPyConnection, sql: str) -> dict[str, np.ndarray]:
    return build.execute(sql).fetchnumpy()


def run_in_use(build: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    ((variant, parameters, diagnostics),) = build.execute(
        "select variant, parameters, diagnostics from core.dim_model_runs"
        " where is_used and model = 'customer_lifetime_value'"
    ).fetchall()
    return {"variant": variant, "parameters": json.loads(parameters), "diagnostics": json.loads(diagnostics)}


def test_the_demo_is_scored(build):
    run = run_in_use(build)
    assert run["variant"] == "mbg_nbd"
    (bought, scored, unknown) = build.execute(
        "select count(frequency), count(predicted_clv_12m), count(case when scoring_status = 'age_zero' then 1 end)"
        " from core.fct_customer_lifetime_value"
    ).fetchone()
    assert scored > 300
    assert bought == scored + unknown


def test_sql_scores_as_the_estimators(build):
    parameters = run_in_use(build)["parameters"]
    theta = np.array([parameters[name] for name in ("r", "alpha", "a", "b")])
    value = np.array([parameters[name] for name in ("p", "q", "gamma")])
    mart = columns(
        build,
        "select frequency::double as x, recency as t_x, customer_age as age, coalesce(monetary_value, 0)::double as m,"
        " probability_alive, probability_active_12m, expected_purchases_12m, expected_average_order_value::double as v,"
        " predicted_clv_12m::double as clv from core.fct_customer_lifetime_value where scoring_status like 'scored%'",
    )
    x, t_x, age, m = (np.asarray(mart[name]) for name in ("x", "t_x", "age", "m"))
    alive = MBG_NBD.probability_alive(theta, x, t_x, age)
    year = 12 * WEEKS_PER_MONTH
    np.testing.assert_allclose(mart["probability_alive"], alive, atol=1e-9)
    buying = alive * MBG_NBD.probability_buying(theta, x, age, year)
    np.testing.assert_allclose(mart["probability_active_12m"], buying, atol=1e-9)
    purchases, discounted = discounted_purchases(
        MBG_NBD, theta, x, age, Horizon(12, WEEKS_PER_MONTH, 1.1 ** (1 / 12) - 1)
    )
    np.testing.assert_allclose(mart["expected_purchases_12m"], alive * purchases, atol=1e-8)
    worth = gamma_gamma.expected_value(value, x, m)
    np.testing.assert_allclose(mart["v"], worth, atol=0.006)
    np.testing.assert_allclose(mart["clv"], alive * discounted * mart["v"], atol=0.006)


def test_purchases_are_what_the_demo_was_drawn_from(build, drawn_from):
    """Likelihood ratio: the true parameters are not rejected at 0.1 % by the warehouse's own customers."""
    rows = columns(
        build,
        "select frequency, recency_days, age_days from intermediate.int_customer_purchase_summaries"
        " where is_current and age_days > 0",
    )
    purchases, _ = compress(rows["frequency"], rows["recency_days"], rows["age_days"])
    truth = np.array([drawn_from["mbg_nbd"][name] for name in ("r", "alpha", "a", "b")])
    best = MBG_NBD.fit(purchases)
    assert best.converged
    lost = 2 * (best.log_likelihood - MBG_NBD.log_likelihood(truth, purchases)[0])
    assert 0 <= lost < chi2.ppf(NOT_BY_CHANCE, 4)
    # and the test would notice: half the purchase rate is rejected
    wrong = truth * np.array([1, 2, 1, 1])
    assert 2 * (best.log_likelihood - MBG_NBD.log_likelihood(wrong, purchases)[0]) > chi2.ppf(NOT_BY_CHANCE, 4)


def test_order_values_are_what_the_demo_was_drawn_from(build, drawn_from):
    rows = columns(
        build,
        "select frequency::double as x, mean_repeat_value::double as m"
        " from intermediate.int_customer_purchase_summaries"
        " where is_current and frequency > 0 and mean_repeat_value > 0",
    )
    values = Values(rows["x"], rows["m"], np.ones(len(rows["x"])))
    truth = np.array([drawn_from["gamma_gamma"][name] for name in ("p", "q", "gamma")])
    best = gamma_gamma.fit(values)
    # refunds take a little of some orders, so the mean may be a few per cent lower, and the ratio is not exact
    mean = best.parameters["p"] * best.parameters["gamma"] / (best.parameters["q"] - 1)
    assert mean == pytest.approx(truth[0] * truth[2] / (truth[1] - 1), rel=0.15)
    # bins of half a per cent cost the fit nothing
    parameters = run_in_use(build)["parameters"]
    binned = gamma_gamma.log_likelihood(np.array([parameters[name] for name in ("p", "q", "gamma")]), values)[0]
    assert best.log_likelihood - binned < 0.01


def test_tenures_are_what_the_demo_was_drawn_from(demo_home, drawn_from):
    """sBG by tenure group, on the generator's own monthly tenures: the true parameters are not rejected."""
    groups = duckdb.execute(
        "select billing_interval, tenure_group, coalesce(periods_paid, 0) as periods, is_censored,"
        " date_diff('second', paid_at, coalesce(ended_at, timestamp '2026-01-01')) as seconds"
        f" from '{demo_home}/truth/tenures.parquet' where interval_count = 1 and billing_interval = 'month'"
    ).fetchall()
    truth = {
        (entry["billing_interval"], entry["tenure_group"]): np.array([entry["alpha"], entry["beta"]])
        for entry in drawn_from["sbg_tenure"]
    }
    lost, tested = 0.0, 0
    for group in ("average", "fragile", "sticky"):
        mine = [row for row in groups if row[1] == group]
        stayed = np.array([row[4] // (366 * 86400 / 12) if row[3] else row[2] for row in mine], dtype=np.float64)
        left = np.array([not row[3] for row in mine])
        kept = stayed > 0
        periods = np.unique(stayed[kept])
        tenures = Tenures(
            periods,
            *(
                np.array([((stayed == k) & (left == whether)).sum() for k in periods], float)
                for whether in (True, False)
            ),
        )
        best = tenure.fit(tenures, tenure.SBG)
        lost += 2 * (best.log_likelihood - tenure.log_likelihood(truth["month", group], tenures)[0])
        tested += 2
    assert 0 <= lost < chi2.ppf(NOT_BY_CHANCE, tested)


def test_kaplan_meier_equals_lifelines(build):
    rows = columns(build, "select tenure_period, is_churned from intermediate.int_account_tenures")
    fitter = KaplanMeierFitter().fit(rows["tenure_period"], rows["is_churned"], ci_labels=["low", "high"])
    mart = columns(
        build,
        "select tenure_period, survival, ci_low, ci_high, at_risk from kpis.kpi_survival"
        " where segment_dimension = 'all' and not is_projected order by tenure_period",
    )
    months = mart["tenure_period"]
    expected = fitter.survival_function_at_times(months).to_numpy()
    np.testing.assert_allclose(mart["survival"], expected, atol=1e-9)
    interval = fitter.confidence_interval_survival_function_.reindex(months, method="ffill")
    told = ~np.ma.getmaskarray(mart["ci_low"])
    assert told.sum() > 6
    np.testing.assert_allclose(mart["ci_low"][told], interval["low"].to_numpy()[told], atol=1e-9)
    np.testing.assert_allclose(mart["ci_high"][told], interval["high"].to_numpy()[told], atol=1e-9)


def test_back_test_in_sql_and_in_python_agree(build):
    """Customers one by one in SQL, combinations in Python: the same totals, errors and Brier score over all origins."""
    n, predicted, actual, squared, brier = build.execute(
        "select sum(customers), sum(predicted), sum(actual), sum(rmse * rmse * customers), sum(brier * customers)"
        " from core.fct_model_backtests where predictor = 'model' and segment_dimension = 'all' and decile = 0"
    ).fetchone()
    told = run_in_use(build)["diagnostics"]["backtest"]["mbg_nbd"]
    assert actual == told["actual"] > 0
    assert predicted == pytest.approx(told["predicted"], rel=1e-6)
    assert np.sqrt(squared / n) == pytest.approx(told["rmse"], rel=1e-6)
    assert brier / n == pytest.approx(told["brier"], rel=1e-5)


def test_segments_and_tenths_of_the_back_test_add_up(build):
    parts = build.execute(
        "select cut_date, predictor, segment_dimension, decile = 0, sum(customers), sum(actual),"
        " sum(cast(predicted as decimal(18, 6)))"
        " from core.fct_model_backtests group by all"
    ).fetchall()
    totals = {(cut, predictor): rest for cut, predictor, kind, is_all, *rest in parts if kind == "all" and is_all}
    assert len(totals) % 4 == 0 < len(totals)
    assert [row for row in parts if totals[row[0], row[1]] != list(row[4:])] == []


def test_a_fit_is_the_same_again(demo_home):
    def content() -> dict[str, str]:
        files = sorted((demo_home / "models").rglob("*.parquet"))
        return {str(path.relative_to(demo_home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    before = content()
    result = CliRunner().invoke(app, ["--home", str(demo_home), "fit", "--force"])
    assert result.exit_code == 0, result.output
    assert "mbg_nbd" in result.output
    assert content() == before != {}
