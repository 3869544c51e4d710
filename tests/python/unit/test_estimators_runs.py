"""What a build fits, and when: tables come from a stand-in of the warehouse."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from segmentry.estimators import lifetime_value, store
from segmentry.estimators.fit_vars import FitVars
from segmentry.estimators.fitting import Fit
from segmentry.estimators.lifetime_value import reachable_pairs
from segmentry.estimators.runs import fit_models

AS_OF = date(2025, 6, 20)
VARS = {
    "clv_backtest_days": 91,
    "clv_discount_rate": "0.10",
    "clv_horizon_months": 24,
    "cluster_count_max": 3,
    "cluster_count_min": 2,
    "cluster_sample_size": 1000,
    "model_refit_days": 7,
    "reporting_currency": "USD",
    "reporting_timezone": "UTC",
}
ORIGINS = [date(2025, 5, 31) - timedelta(days=91 * k) for k in (1, 2, 3)]


class Warehouse:
    """Buyers drawn from MBG/NBD, seen on a day and on the origins before it; and 40 accounts that leave one by one."""

    def __init__(self, as_of: date = AS_OF, buyers: int = 3000) -> None:
        self.as_of = as_of
        rng = np.random.default_rng(3)
        first = as_of - timedelta(days=700)
        self.days: list[np.ndarray] = []
        for start in rng.integers(0, 600, buyers):
            rate, leaves = rng.gamma(0.7, 1 / 7), rng.beta(0.9, 2.6)
            days, at = [start], float(start)
            while rng.random() >= leaves:
                at += 7 * rng.exponential(1 / max(rate, 1e-9))
                if at > 700:
                    break
                days.append(int(at))
            self.days.append(np.unique(days))
        self.first = first

    def __call__(self, sql: str) -> pa.Table:
        if "int_clock" in sql:
            return pa.table({"as_of_date": pa.array([self.as_of], pa.date32())})
        if "int_purchase_combinations" in sql:
            return self._combinations()
        if "int_purchase_value_bins" in sql:
            value = np.arange(1, 41)
            return pa.table(
                {"frequency": value % 5 + 1, "value_bin": value, "customers": value, "summed_value": value * 20.0}
            )
        if "int_cluster_samples" in sql:
            spend = np.repeat([0.0, 5.0], 30) + np.arange(60) / 100
            return pa.table({"customer_key": np.arange(60), "net_spend": spend, "mrr": spend[::-1]})
        periods = np.arange(0, 13)
        churned = np.where((periods > 0) & (periods < 11), 11 - periods, 0)
        return pa.table(
            {
                "segment_dimension": ["all"] * 13,
                "segment_key": ["all"] * 13,
                "tenure_period": periods,
                "churned": churned,
                "censored": np.where(periods == 12, 60, 2),
            }
        )

    def _combinations(self) -> pa.Table:
        rows = []
        for cut in [self.as_of, *ORIGINS]:
            day = (cut - self.first).days
            counted: dict[tuple[int, int, int], list[int]] = {}
            for bought in self.days:
                seen, later = bought[bought <= day], ((bought > day) & (bought <= day + 91)).sum()
                if len(seen) and seen[0] < day:
                    key = (len(seen) - 1, int(seen[-1] - seen[0]), int(day - seen[0]))
                    counted.setdefault(key, []).append(int(later))
            for (x, t_x, age), later in sorted(counted.items()):
                rows.append(
                    {
                        "cut_date": cut,
                        "is_current": cut == self.as_of,
                        "frequency": x,
                        "recency_days": t_x,
                        "age_days": age,
                        "customers": len(later),
                        "holdout_purchases": sum(later),
                        "holdout_purchases_squared": sum(n * n for n in later),
                        "holdout_buyers": sum(n > 0 for n in later),
                        "purchases_of_last_period": 0,
                    }
                )
        return pa.Table.from_pylist(rows)


@pytest.fixture(scope="module")
def warehouse() -> Warehouse:
    return Warehouse()


@pytest.fixture(scope="module")
def fitted(warehouse, tmp_path_factory):
    models = tmp_path_factory.mktemp("models")
    return models, fit_models(models, warehouse, VARS)


def test_all_models_are_fitted_and_back_tested(fitted):
    _, (value, tenure, groups) = fitted
    assert (value.status, value.variant, value.converged, value.is_calibrated) == ("fitted", "mbg_nbd", True, True)
    scores = json.loads(value.diagnostics)["backtest"]
    assert set(scores) == {"mbg_nbd", "bg_nbd", "pareto_nbd", "own_rate"}
    told = json.loads(value.diagnostics)
    assert (told["backtest_origins"], told["not_converged"]) == ([str(day) for day in ORIGINS], {})
    # a customer's own rate, for ever, promises too much
    assert scores["own_rate"]["calibration_ratio"] > scores["mbg_nbd"]["calibration_ratio"]
    assert scores["own_rate"]["rmse"] > scores["mbg_nbd"]["rmse"]
    assert (tenure.status, tenure.converged) == ("fitted", True)
    assert (groups.status, json.loads(groups.parameters)["clusters"]) == ("fitted", 2)


def test_the_look_up_holds_every_day_until_the_next_fit(fitted, warehouse):
    models, (value, *_) = fitted
    table = store.read_table(models, value, "lookup").to_pandas()
    today = table[table.cut_date == AS_OF]
    pairs = set(zip(today.frequency, today.age_days, strict=True))
    assert {(0, age) for age in range(1, 7)} <= pairs  # who came today
    for bought in warehouse.days[:300]:
        x, age = len(bought) - 1, 700 - bought[0]
        for days in range(1, 7):
            assert {(x, age + days), (x + min(days, 1), age + days)} <= pairs
    assert (today.discounted_12m < today.purchases).all()
    assert (today.discounted_horizon > today.discounted_12m).all()
    past = table[table.cut_date != AS_OF]
    assert set(past.cut_date) == set(ORIGINS)
    assert past.discounted_12m.isna().all()


def test_reachable_pairs():
    x, age = reachable_pairs(np.array([3]), np.array([10]), 2)
    assert list(zip(x.tolist(), age.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 1), (3, 10), (3, 11), (4, 11)]


def test_a_young_run_is_used_again(fitted, warehouse):
    models, runs = fitted
    asked: list[str] = []

    def read(sql: str) -> pa.Table:
        asked.append(sql)
        return warehouse(sql)

    assert fit_models(models, read, VARS) == runs
    assert len(asked) == 1
    later = {**VARS, "as_of_date": str(AS_OF + timedelta(days=6))}
    assert fit_models(models, read, later) == runs


@pytest.mark.parametrize(
    "more",
    [
        {"as_of_date": "2025-06-27"},  # 7 days old
        {"as_of_date": "2025-06-19"},  # of the replay's future
        {"known_at": "2025-06-20 12:00:00"},  # knew more than the replay
        {"clv_horizon_months": 36},  # made under other settings
    ],
)
def test_a_run_that_may_not_be_used_is_made_anew(more, fitted, warehouse, monkeypatch):
    models, runs = fitted
    made = []
    monkeypatch.setattr("segmentry.estimators.runs.write_run", lambda _, run, __: made.append(run.model_run_id))
    fit_models(models, warehouse, VARS | more)
    assert len(made) == 3
    assert not set(made) & {run.model_run_id for run in runs}


def test_one_time_buyers_make_no_run(tmp_path, warehouse):
    def read(sql: str) -> pa.Table:
        table = warehouse(sql)
        if "combinations" not in sql:
            return table
        return table.filter(pa.compute.equal(table["frequency"], 0))

    value, *_ = fit_models(tmp_path, read, VARS)
    assert (value.status, value.parameters) == ("refused", None)
    assert value.reason.startswith("every customer bought once")


WEEK_LATER = VARS | {"as_of_date": "2025-06-27"}


@pytest.fixture
def next_week(warehouse):
    """The same buyers, read a week later."""

    def read(sql: str) -> pa.Table:
        table = warehouse(sql)
        if "combinations" not in sql:
            return table
        days = [day if day != AS_OF else date(2025, 6, 27) for day in table["cut_date"].to_pylist()]
        return table.set_column(0, "cut_date", pa.array(days, pa.date32()))

    return read


@pytest.fixture
def kept(monkeypatch):
    runs: list[tuple[store.ModelRun, dict[str, pa.Table]]] = []
    monkeypatch.setattr("segmentry.estimators.runs.write_run", lambda _, run, tables: runs.append((run, tables)))
    return runs


def without_convergence(found: Fit) -> Fit:
    return Fit(dict.fromkeys(found.parameters, 9.9), found.log_likelihood - 5, 1.0, False)


def test_what_does_not_converge_keeps_the_run_before(fitted, next_week, kept, monkeypatch):
    models, (before, *_) = fitted
    honest = lifetime_value.BgNbd.fit
    monkeypatch.setattr(lifetime_value.BgNbd, "fit", lambda *given: without_convergence(honest(*given)))
    run, *_ = fit_models(models, next_week, WEEK_LATER)
    assert (run.status, run.converged, run.parameters_from) == ("stale", False, before.model_run_id)
    assert json.loads(run.parameters) == json.loads(before.parameters)
    (row,) = kept[0][1]["parameters"].to_pylist()
    assert (row["cut_date"], row["r"]) == (date(2025, 6, 27), json.loads(before.parameters)["r"])


def test_a_stale_run_is_back_tested_as_the_family_it_keeps(fitted, next_week, kept, monkeypatch):
    """The back-test now prefers the other family, whose fit of today fails: what scores is what was kept."""
    models, (before, *_) = fitted
    assert before.variant == "mbg_nbd"
    honest = lifetime_value.BgNbd.fit

    def stuck_today(self, purchases):
        found = honest(self, purchases)
        return found if purchases.age_days.max() < 690 else without_convergence(found)

    monkeypatch.setattr(lifetime_value.BgNbd, "fit", stuck_today)
    monkeypatch.setattr(lifetime_value, "EARNS_ITS_PLACE", 99)
    run, *_ = fit_models(models, next_week, WEEK_LATER)
    assert (run.status, run.variant, run.parameters_from) == ("stale", "mbg_nbd", before.model_run_id)
    rows = kept[0][1]["parameters"].to_pylist()
    assert [row["leaves_after_first"] for row in rows] == [1, 1, 1, 1], "of today and of three origins"
    scores = json.loads(run.diagnostics)["backtest"]
    assert scores["mbg_nbd"]["calibration_ratio"] != scores["bg_nbd"]["calibration_ratio"]
    assert run.calibration_ratio == scores["mbg_nbd"]["calibration_ratio"]


def test_a_challenger_that_does_not_converge_is_said_to_and_not_scored(tmp_path, warehouse, monkeypatch):
    honest = lifetime_value.pareto_nbd.fit

    def stuck_once(purchases):
        found = honest(purchases)
        return without_convergence(found) if purchases.age_days.max() < 450 else found

    monkeypatch.setattr(lifetime_value.pareto_nbd, "fit", stuck_once)
    run, *_ = fit_models(tmp_path, warehouse, VARS)
    told = json.loads(run.diagnostics)
    assert set(told["backtest"]) == {"mbg_nbd", "bg_nbd", "own_rate"}
    assert told["not_converged"] == {"pareto_nbd": [str(ORIGINS[2])]}
    assert told["backtest_origins"] == [str(day) for day in ORIGINS]


def test_a_fit_without_a_run_before_it_is_refused(tmp_path, warehouse, monkeypatch):
    failed = Fit({"r": 1.0, "alpha": 1.0, "a": 1.0, "b": 1.0}, -1.0, 1.0, False)
    monkeypatch.setattr(lifetime_value.BgNbd, "fit", lambda *_: failed)
    run, *_ = fit_models(tmp_path, warehouse, VARS)
    assert run.status == "refused"
    assert "did not converge" in run.reason


def test_knowledge_of_a_run():
    """An ordinary build knows what came by the end of its day, a replay with an instant what came by then."""
    assert FitVars.of(VARS).known_at is None
    wanted = FitVars.of(VARS | {"known_at": "2025-06-01 00:00:00", "as_of_date": "2025-05-31"})
    assert (wanted.as_of, wanted.known_at.isoformat()) == (date(2025, 5, 31), "2025-06-01T00:00:00")
