"""Clusters: those that were planted are found, keep their ids, and are assigned alike in SQL."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from segmentry.estimators import clusters, store
from segmentry.estimators.clusters import Scaling, match, persona
from segmentry.estimators.fit_vars import FitVars

FEATURES = ["active_days_28d", "sessions_28d", "mrr"]
PLANTED = np.array([[0.5, 0.5, 0.5], [3.0, 3.5, 1.0], [3.0, 1.0, 6.0], [1.0, 1.0, 3.0]])
SIZES = [400, 300, 200, 100]
WANTED = FitVars(
    settings="x=1",
    backtest_days=91,
    annual_rate=0.1,
    horizon_months=12,
    refit_days=7,
    cluster_count_min=3,
    cluster_count_max=6,
    as_of=None,
    known_at=None,
)


def sample(seed: int, planted: np.ndarray = PLANTED, sizes: list[int] = SIZES) -> tuple[pa.Table, np.ndarray]:
    """Customers around planted centres, in the order of their keys (shuffled), and which centre each came from."""
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    values = planted[truth] + rng.normal(0, 0.15, (len(truth), len(FEATURES)))
    columns = {name: values[:, column] for column, name in enumerate(FEATURES)}
    return pa.table({"customer_key": np.arange(len(truth)), **columns}), truth


def fit(models: Path, table: pa.Table, day: int, wanted: FitVars = WANTED):
    run, tables = clusters.fit(models, {"sample": table}, wanted, date(2026, 1, day), datetime(2026, 1, day, 23))
    store.write_run(models, run, tables)
    return run, tables


def assigned(tables: dict[str, pa.Table], table: pa.Table) -> np.ndarray:
    """The id of each customer's nearest centroid, by the written definition: scale, cut, nearest, smaller id first."""
    rows = tables["centroids"].to_pylist()
    ids = sorted({row["cluster_id"] for row in rows})
    by = {(row["cluster_id"], row["feature"]): row for row in rows}
    distances = []
    for cluster_id in ids:
        squares = 0.0
        for name in FEATURES:
            row = by[cluster_id, name]
            scaled = np.clip((table.column(name).to_numpy() - row["center"]) / row["scale"], -3, 3)
            squares = squares + (scaled - row["centroid"]) ** 2
        distances.append(squares)
    return np.array(ids)[np.argmin(distances, axis=0)]


def of_planted(ids: np.ndarray, truth: np.ndarray) -> dict[int, int]:
    """Planted centre -> the id that its customers have; fails when they are torn apart."""
    found = {}
    for centre in np.unique(truth):
        values, counts = np.unique(ids[truth == centre], return_counts=True)
        assert counts.max() / counts.sum() > 0.95
        found[int(centre)] = int(values[counts.argmax()])
    assert len(set(found.values())) == len(found)
    return found


def test_planted_clusters_are_found_and_told(tmp_path):
    table, truth = sample(1)
    run, tables = fit(tmp_path, table, 1)
    assert (run.status, run.observations) == ("fitted", 1000)
    assert json.loads(run.parameters)["clusters"] == 4
    assert json.loads(run.parameters)["silhouette"] > 0.6
    ids = of_planted(assigned(tables, table), truth)
    # the largest has the smallest id at a first fit
    assert [ids[centre] for centre in range(4)] == [1, 2, 3, 4]
    told = {row["cluster_id"]: row for row in tables["clusters"].to_pylist()}
    assert [told[i]["sampled_customers"] for i in (1, 2, 3, 4)] == SIZES
    assert [round(told[i]["share"], 3) for i in (1, 2, 3, 4)] == [0.4, 0.3, 0.2, 0.1]
    assert all(row["moved"] is None and row["previous_share"] is None for row in told.values())


def test_an_unchanged_population_keeps_its_ids_under_any_draw(tmp_path):
    first, truth = sample(1)
    _, tables = fit(tmp_path, first, 1)
    before = of_planted(assigned(tables, first), truth)
    for day in range(2, 7):
        # other sizes too: by size alone ids would change places
        table, truth = sample(day, sizes=[150, 300, 350, 200])
        _, tables = fit(tmp_path, table, day)
        assert of_planted(assigned(tables, table), truth) == before
        assert max(row["moved"] for row in tables["clusters"].to_pylist()) < 0.7


def test_a_cluster_that_moved_and_one_that_grew_are_told(tmp_path):
    fit(tmp_path, sample(1)[0], 1)
    moved = PLANTED.copy()
    moved[3] += [0.0, 0.0, -0.8]
    _, tables = fit(tmp_path, sample(2, moved, [300, 300, 200, 200])[0], 2)
    told = {row["cluster_id"]: row for row in tables["clusters"].to_pylist()}
    assert max(told, key=lambda i: told[i]["moved"]) == 4
    assert (told[4]["previous_share"], told[4]["share"]) == (0.1, 0.2)


def test_the_same_input_makes_the_same_run(tmp_path):
    table, _ = sample(1)
    first = fit(tmp_path / "a", table, 1)
    again = fit(tmp_path / "b", table, 1)
    repeated = fit(tmp_path / "b", table, 1)
    assert first[0] == again[0] == repeated[0]
    for name in ("centroids", "clusters"):
        assert first[1][name].equals(again[1][name])
        assert first[1][name].equals(repeated[1][name])


def test_ids_survive_other_settings_and_not_other_features(tmp_path):
    table, truth = sample(1)
    _, tables = fit(tmp_path, table, 1)
    before = of_planted(assigned(tables, table), truth)
    other = FitVars(**{**WANTED.__dict__, "settings": "x=2"})
    table, truth = sample(2, sizes=[200, 200, 300, 300])
    _, tables = fit(tmp_path, table, 2, other)
    assert of_planted(assigned(tables, table), truth) == before
    run, tables = fit(tmp_path, table.rename_columns(["customer_key", "a", "b", "c"]), 3)
    assert run.status == "fitted"
    assert all(row["moved"] is None for row in tables["clusters"].to_pylist())


@pytest.mark.parametrize(
    ("centroids", "before", "sizes", "ids"),
    [
        ([[0], [5], [9]], {}, [1, 3, 2], [3, 1, 2]),
        ([[9], [0], [5]], {1: [0], 2: [5], 3: [9]}, [1, 1, 1], [3, 1, 2]),
        # greedy pairs would take 1 with 1.9 first; together 0-1 and 1.9-3 is less
        ([[1.9], [0.0]], {1: [1.0], 2: [3.0]}, [1, 1], [2, 1]),
        # a new one takes a free id, one that went leaves a gap
        ([[0], [5], [20]], {1: [0], 4: [5]}, [1, 1, 1], [1, 4, 2]),
        ([[5]], {1: [0], 2: [5]}, [1], [2]),
    ],
)
def test_ids_are_paired_at_the_least_total_distance(centroids, before, sizes, ids):
    known = {key: np.array(value, dtype=float) for key, value in before.items()}
    assert match(np.array(centroids, dtype=float), known, np.array(sizes)) == ids


def test_too_few_or_all_alike_are_refused_with_the_reason(tmp_path):
    few, _ = sample(1, sizes=[10, 10, 10, 10])
    run, tables = fit(tmp_path, few, 1)
    assert (run.status, tables) == ("refused", {})
    assert "too few for 6 clusters" in run.reason
    alike = pa.table({"customer_key": np.arange(500), **{name: np.ones(500) for name in FEATURES}})
    assert fit(tmp_path, alike, 2)[0].status == "refused"
    nobody = sample(1, sizes=[0, 0, 0, 0])[0]
    assert fit(tmp_path, nobody, 3)[0].status == "refused"


def test_a_feature_that_is_the_same_for_all_counts_nothing(tmp_path):
    table = sample(1)[0]
    table = table.set_column(3, "mrr", pa.array(np.zeros(len(table))))
    run, tables = fit(tmp_path, table, 1)
    assert run.status == "fitted"
    assert all(row["centroid"] == 0 for row in tables["centroids"].to_pylist() if row["feature"] == "mrr")


def test_scaling_is_by_median_and_quartiles():
    scaling = Scaling.of(np.array([[0.0], [1.0], [2.0], [3.0], [1000.0]]))
    assert scaling.center.tolist() == [2.0]
    assert scaling.scale.tolist() == [2.0 / 1.349]
    assert scaling.apply(np.array([[2.0], [1000.0], [-1000.0]])).tolist() == [[0.0], [3.0], [-3.0]]


def test_a_persona_is_the_two_most_telling_features():
    """Three features, all of one value within a cluster; everyone else is the median customer."""
    others = np.zeros((30, 3))

    def said(*values):
        members = np.tile(np.array(values), (10, 1))
        return persona(members, np.vstack([members, others]), FEATURES)

    assert said(-1.2, 0.6, 2.0) == "high mrr, low active days"
    assert said(0.4, 0.0, -0.9) == "low mrr"
    assert said(0.4, 0.0, -0.4) == "like the median customer"


def test_nothing_is_high_against_a_median_that_most_have():
    """Of 64 silent customers 20 spent something, the median customer nothing; 36 others spent more, on the mean and most of
    them: the 64 have a mean above the median, and are not high in it.
    """
    silent = np.zeros((64, 3))
    silent[:20, 2] = 3.0
    buyers = np.full((36, 3), [0.0, 0.0, 2.0])
    everyone = np.vstack([silent, buyers])
    assert silent[:, 2].mean() > 0.9
    assert persona(silent, everyone, FEATURES) == "like the median customer"
    assert persona(buyers, everyone, FEATURES) == "high mrr"


def test_below_everyones_mean_is_not_high():
    """All 60 are a little above the median customer, and far below the mean of all."""
    members, others = np.full((60, 3), [0.0, 0.0, 0.6]), np.full((40, 3), [0.0, 0.0, 3.0])
    assert persona(members, np.vstack([members, others]), FEATURES) == "like the median customer"


def test_a_run_is_read_back_by_sql(tmp_path):
    run, _ = fit(tmp_path, sample(1)[0], 1)
    query = f"select count(*), count(distinct cluster_id) from '{tmp_path}/customer_clusters/centroids/*.parquet'"
    assert duckdb.sql(query).fetchall() == [(12, 4)]
    assert store.read_runs(tmp_path, clusters.MODEL) == [run]
