"""What the estimators refuse, cap or mark, each guard on its own; and the gradients, against differences."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import hyp2f1

from segmentry.estimators import gamma_gamma, pareto_nbd, store, tenure
from segmentry.estimators.backtest import Holdout, score, top_lift
from segmentry.estimators.bgnbd import BG_NBD, MBG_NBD, Horizon, discounted_purchases
from segmentry.estimators.fitting import FitRefusedError, maximise
from segmentry.estimators.gamma_gamma import Values
from segmentry.estimators.purchases import Purchases, compress, frequency_cap, refusals, without_outliers

CDNOW = Path(__file__).parents[1] / "fixtures" / "clv_oracle" / "cdnow_customer_summary.csv"


@pytest.fixture(scope="module")
def cdnow():
    with CDNOW.open() as stream:
        rows = list(csv.DictReader(stream))
    return tuple(np.array([int(row[name]) for row in rows]) for name in ("x", "t_x_days", "T_days"))


def with_reseller(cdnow):
    return compress(*(np.append(column, one) for column, one in zip(cdnow, (5000, 270, 272), strict=True)))[0]


# ---- rows


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((1, 5, 10), ""),
        ((0, 0, 10), ""),
        ((1, 10, 10), ""),
        ((0, 0, 0), "age_zero"),
        ((2, 11, 10), "recency_after_age"),
        ((1, 0, 10), "recency_not_positive"),
        ((0, 3, 10), "recency_without_repeat"),
        ((-1, 3, 10), "not_a_count"),
        ((1.5, 3, 10), "not_a_count"),
        ((1, float("nan"), 10), "not_a_number"),
        ((1, 3, float("inf")), "not_a_number"),
    ],
)
def test_rows_are_refused_with_a_reason(row, reason):
    assert refusals(*([value] for value in row)).tolist() == [reason]


def test_a_fit_takes_no_refused_row():
    with pytest.raises(FitRefusedError, match="age_zero"):
        Purchases(np.array([0, 1]), np.array([0, 2]), np.array([0, 5]), np.ones(2))


def test_same_days_are_one_combination():
    purchases, of_customer = compress(np.array([2, 0, 2]), np.array([10, 0, 10]), np.array([30, 30, 30]))
    assert purchases.customers.tolist() == [1, 2]
    assert purchases.frequency[of_customer].tolist() == [2, 0, 2]


# ---- the fit


@pytest.mark.parametrize("model", [BG_NBD, MBG_NBD, pareto_nbd])
def test_all_one_time_buyers_are_refused(model):
    with pytest.raises(FitRefusedError, match="every customer bought once"):
        model.fit(Purchases(np.zeros(3, int), np.zeros(3, int), np.array([5, 6, 7]), np.ones(3)))


def test_nobody_is_refused():
    none = np.zeros(0, int)
    with pytest.raises(FitRefusedError, match="no customer has bought"):
        BG_NBD.fit(Purchases(none, none, none, np.zeros(0)))


def test_one_reseller_is_left_out(cdnow):
    """x = 5,000 among 2,357 customers moves r from .243 to .13; left out, r is what it was without it."""
    honest, spoilt = compress(*cdnow)[0], with_reseller(cdnow)
    assert BG_NBD.fit(spoilt).parameters["r"] < 0.15
    kept, cap, left_out = without_outliers(spoilt)
    assert left_out == 1
    assert cap == frequency_cap(honest) > honest.frequency.max()
    assert BG_NBD.fit(kept).parameters == pytest.approx(BG_NBD.fit(honest).parameters, rel=1e-9)


def test_the_cap_leaves_honest_customers_in(cdnow):
    assert without_outliers(compress(*cdnow)[0])[2] == 0


def test_what_does_not_converge_says_so():
    """The likelihood of a coin that never fell on one side grows for ever."""
    fit = maximise(lambda p: (float(np.sqrt(p[0])), 0.5 / np.sqrt(p)), ("p",), np.ones(1), 1.0)
    assert not fit.converged
    assert fit.gradient > 1e-6


@pytest.mark.parametrize("model", [BG_NBD, MBG_NBD, pareto_nbd])
def test_gradients_are_analytic(model, cdnow):
    purchases = with_reseller(cdnow)
    at = np.array([0.4, 5.0, 0.7, 2.0])
    gradient = model.log_likelihood(at, purchases)[1]
    differences = [
        (model.log_likelihood(at + h, purchases)[0] - model.log_likelihood(at - h, purchases)[0]) / 2e-6
        for h in np.eye(4) * 1e-6
    ]
    np.testing.assert_allclose(gradient, differences, rtol=1e-5)


def test_pareto_quadrature_meets_the_hypergeometric_form():
    """The textbook likelihood by 2F1 (alpha >= beta), where SciPy's 2F1 still holds."""
    parameters = r, alpha, s, beta = np.array([0.55, 10.6, 0.6, 4.0])
    x, t_x, age = np.array([0.0, 2.0, 12.0, 3.0]), np.array([0.0, 8.0, 30.0, 2.0]), np.array([39.0, 35.0, 31.0, 39.0])
    order = r + s + x

    def term(t):
        return hyp2f1(order, s + 1, order + 1, (alpha - beta) / (alpha + t)) / (alpha + t) ** order

    gone = s / order * (term(t_x) - term(age)) * (alpha + age) ** (r + x) * (beta + age) ** s
    found = pareto_nbd.probability_alive(parameters, x, t_x, age)
    np.testing.assert_allclose(found, 1 / (1 + gone), rtol=1e-10)


def test_pareto_is_finite_for_a_reseller():
    found = pareto_nbd.probability_alive(np.array([0.5, 10.0, 0.6, 0.1]), 5000.0, 38.0, 39.0)
    assert 0 < found[0] < 1e-6


# ---- the score


def test_one_time_buyers_of_bg_nbd_are_alive_for_sure():
    parameters, none = np.array([0.24, 4.4, 0.8, 2.4]), np.zeros(1)
    assert BG_NBD.probability_alive(parameters, none, none, np.array([39.0])) == 1
    assert MBG_NBD.probability_alive(parameters, none, none, np.array([39.0])) < 0.7
    assert BG_NBD.probability_buying(parameters, none, np.array([39.0]), 52) < 0.2


@pytest.mark.parametrize("a", [0.5, 1.0, 1.5])
def test_purchases_are_finite_where_a_plus_b_is_one(a):
    """c = a + b + x - 1 is 0 at x = 0 there: the integral over the drop-out probability is the check."""
    r, alpha, b, weeks = 0.5, 6.0, 1 - a if a < 1 else 1e-9, 39.0
    dropout = np.random.default_rng(5).beta(a, b, 400_000) if a < 1 else np.ones(1)
    expected = ((1 - (alpha / (alpha + dropout * weeks)) ** r) / dropout).mean()
    parameters = np.array([r, alpha, a, b])
    found = BG_NBD.purchases_if_alive(parameters, np.zeros(1), np.zeros(1), weeks)[0]
    assert found == pytest.approx(expected, rel=5e-3)


def test_purchases_are_finite_at_the_edges():
    parameters = np.array([0.24, 4.4, 1.0, 2.4])
    found = MBG_NBD.purchases_if_alive(parameters, np.array([0.0, 10_000.0, 0.0]), np.array([0.0, 0.0, 500.0]), 1000.0)
    assert np.isfinite(found).all()
    assert (found > 0).all()
    assert MBG_NBD.purchases_if_alive(parameters, np.zeros(1), np.zeros(1), 0.0) == 0


def test_purchases_where_the_series_overflows():
    """a and b of thousands are a drop-out probability of one point, 0.2: the mean over the rate alone remains."""
    r, alpha, weeks = 0.8, 8.0, 52.0
    found = BG_NBD.purchases_if_alive(np.array([r, alpha, 4000.0, 16000.0]), np.zeros(1), np.zeros(1), weeks)[0]
    assert found == pytest.approx((1 - (1 + 0.2 * weeks / alpha) ** -r) / 0.2, rel=1e-3)
    # where both ways hold they agree
    both = [
        BG_NBD.purchases_if_alive(np.array([r, alpha, k * 1.0, k * 4.0]), np.ones(1), np.ones(1), weeks)[0]
        for k in (300, 3000)
    ]
    assert both[0] == pytest.approx(both[1], rel=5e-3)


def test_discounting():
    parameters, one = np.array([0.24, 4.4, 0.8, 2.4]), np.ones(1)
    plain, free = discounted_purchases(MBG_NBD, parameters, one, one * 20, Horizon(12, 4.345, 0.0))
    assert free == pytest.approx(plain, rel=1e-12)
    assert discounted_purchases(MBG_NBD, parameters, one, one * 20, Horizon(12, 4.345, 0.01))[1] < plain
    with pytest.raises(FitRefusedError, match="discount rate"):
        Horizon(12, 4.345, -0.01)


# ---- values


def test_values_that_were_taken_back_stay_out_of_the_fit():
    values = Values(np.array([1.0, 2.0, 3.0, 2.0]), np.array([0.0, -5.0, 20.0, np.nan]), np.ones(4))
    assert values.positive().mean_value.tolist() == [20.0]
    with pytest.raises(FitRefusedError, match="fewer than three"):
        gamma_gamma.fit(values)
    found = gamma_gamma.expected_value(np.array([6.0, 4.0, 15.0]), values.frequency, values.mean_value)
    assert found[[0, 1, 3]] == pytest.approx(30.0)


def test_no_mean_where_q_is_not_above_one():
    assert np.isnan(gamma_gamma.expected_value(np.array([6.0, 0.9, 15.0]), np.ones(2), np.ones(2))).all()


def test_gamma_gamma_gradient_is_analytic():
    values = Values(np.array([1.0, 2.0, 9.0]), np.array([10.0, 55.0, 20.0]), np.array([3.0, 1.0, 2.0]))
    at = np.array([3.0, 2.0, 9.0])
    differences = [
        (gamma_gamma.log_likelihood(at + h, values)[0] - gamma_gamma.log_likelihood(at - h, values)[0]) / 2e-6
        for h in np.eye(3) * 1e-6
    ]
    np.testing.assert_allclose(gamma_gamma.log_likelihood(at, values)[1], differences, rtol=1e-6)


def test_correlation_of_frequency_and_value():
    rising = Values(np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 30.0]), np.ones(3))
    assert rising.correlation == pytest.approx(1.0)
    assert np.isnan(Values(np.ones(2), np.array([1.0, 2.0]), np.ones(2)).correlation)


# ---- tenures


def test_no_discount_is_refused():
    with pytest.raises(FitRefusedError, match="infinite"):
        tenure.residual_lifetime(np.array([0.7, 1.2]), np.zeros(1), 0.0)


def test_nobody_left_is_refused():
    none = tenure.Tenures(np.array([1.0, 2.0]), np.zeros(2), np.array([5.0, 5.0]))
    for model in (tenure.SBG, tenure.BDW):
        with pytest.raises(FitRefusedError, match="too few periods"):
            tenure.fit(none, model)


def test_bdw_must_earn_its_parameter():
    """2,000 drawn from an sBG: the third parameter explains nothing."""
    periods = np.arange(1.0, 25.0)
    share = tenure.survival(np.array([0.8, 4.0]), np.append(0, periods))
    censored = np.zeros(24)
    censored[-1] = 2000 * share[-1]
    model, fits = tenure.choose(tenure.Tenures(periods, 2000 * (share[:-1] - share[1:]), censored))
    assert model == tenure.SBG
    assert fits[tenure.BDW].parameters["c"] == pytest.approx(1.0, abs=1e-3)


def test_tenure_gradient_is_analytic():
    tenures = tenure.Tenures(np.array([1.0, 2.0, 5.0]), np.array([30.0, 10.0, 2.0]), np.array([4.0, 8.0, 50.0]))
    at = np.array([0.6, 1.5, 1.2])
    differences = [
        (tenure.log_likelihood(at + h, tenures)[0] - tenure.log_likelihood(at - h, tenures)[0]) / 2e-6
        for h in np.eye(3) * 1e-6
    ]
    np.testing.assert_allclose(tenure.log_likelihood(at, tenures)[1], differences, rtol=1e-6)


# ---- the back-test


def test_scores_by_hand():
    """Two combinations: 2 customers predicted 1 each who bought 0 and 3, 2 predicted 0 who bought 0 and 1."""
    holdout = Holdout(np.array([2.0, 2.0]), np.array([3.0, 1.0]), np.array([9.0, 1.0]), np.array([1.0, 1.0]))
    found = score(np.array([1.0, 0.0]), holdout, np.array([0.5, 0.0]))
    assert (found.predicted, found.actual, found.calibration_ratio) == (2.0, 4.0, 0.5)
    assert found.rmse == pytest.approx(np.sqrt((1 + 4 + 0 + 1) / 4))
    assert found.brier == pytest.approx((0.25 + 0.25 + 0 + 1) / 4)
    assert top_lift(np.array([1.0, 0.0]), holdout, 0.25) == pytest.approx(
        1.5
    )  # half of 2 customers: 1.5 of 4, over 1/4
    assert not found.is_calibrated


# ---- the store


def run(name: str, day: int = 1, **more) -> store.ModelRun:
    moment = datetime(2026, 1, day, 12)
    values = {"status": store.FITTED, "parameters": "{}", "settings": "x=1"} | more
    return store.ModelRun(name, "toy", trained_to=date(2026, 1, day), known_to=moment, **values)


def test_runs_come_back_as_written(tmp_path):
    table = pa.table({"frequency": [1, 2], "purchases": [0.5, 0.25]})
    store.write_run(tmp_path, run("toy-1", variant="mbg_nbd"), {"lookup": table})
    (found,) = store.read_runs(tmp_path, "toy")
    assert found == run("toy-1", variant="mbg_nbd")
    assert store.read_table(tmp_path, found, "lookup").equals(table)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["toy-1.parquet", "toy-1.parquet"]


def test_a_run_without_its_row_does_not_exist(tmp_path):
    store.write_run(tmp_path, run("toy-1"), {})
    (tmp_path / "runs" / "toy-1.parquet").unlink()
    assert store.read_runs(tmp_path, "toy") == []


def test_no_run_from_the_future_of_a_replay(tmp_path):
    for day in (1, 5, 9):
        store.write_run(tmp_path, run(f"toy-{day}", day), {})
    store.write_run(tmp_path, run("toy-8", 8, parameters=None), {})

    def newest(day: int, known_day: int, settings: str = "x=1"):
        found = store.newest_run(tmp_path, "toy", date(2026, 1, day), datetime(2026, 1, known_day, 23), settings)
        return found and found.model_run_id

    assert newest(31, 31) == "toy-9"
    assert newest(8, 31) == "toy-5"
    assert newest(31, 4) == "toy-1"
    assert newest(31, 31, "x=2") is None


def test_the_same_input_is_the_same_run():
    table, day, moment = pa.table({"frequency": [1, 2]}), date(2026, 1, 1), datetime(2026, 1, 2)
    first, again = (store.new_run_id("toy", day, moment, {"a": table}, "x=1") for _ in range(2))
    other = store.new_run_id("toy", day, moment, {"a": pa.table({"frequency": [1, 3]})}, "x=1")
    assert first == again != other
    assert first.startswith("toy-20260101-")


def test_a_stale_run_keeps_the_parameters_before(tmp_path):
    before = run("toy-1", parameters='{"r": 1}', variant="mbg_nbd")
    again = store.stale(run("toy-2", 2, parameters='{"r": 99}', converged=False), before)
    assert (again.status, again.parameters, again.parameters_from) == ("stale", '{"r": 1}', "toy-1")
    assert store.stale(run("toy-3", 3), again).parameters_from == "toy-1"


def test_a_run_id_does_not_know_what_lies_under_a_null():
    validity = pa.py_buffer(bytes([0b01]))
    columns = [
        pa.Array.from_buffers(pa.int64(), 2, [validity, pa.py_buffer(np.array([7, under], dtype=np.int64).tobytes())])
        for under in (0, 99)
    ]
    assert columns[0].equals(columns[1])
    first, other = (
        store.new_run_id("toy", date(2026, 1, 31), datetime(2026, 2, 1), {"a": pa.table({"n": column})}, "x=1")
        for column in columns
    )
    assert first == other
