"""Clusters of customers: k-means over a bounded sample, with ids that an unchanged population keeps from fit to fit.

The sample's columns are logarithms already (macro `cluster_value`). Each is centred on its median and divided by its
interquartile range, then cut at CLIP, so that a few very large customers do not become clusters of their own. SQL
assigns everyone to the nearest centroid in the same space.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from segmentry.estimators import store
from segmentry.estimators.fit_vars import FitVars
from segmentry.estimators.fitting import Floats, Ints

MODEL = "customer_clusters"
INPUTS = {"sample": "select * from intermediate.int_cluster_samples order by customer_key"}

CLIP = 3.0
"""Scaled values beyond this count as this; macro `cluster_distance` cuts alike."""
SEED = 7
STARTS = 5
SILHOUETTE_SAMPLE = 2000
"""Silhouettes compare everyone with everyone: they are measured on the first so many of the sample."""
KEEPS_COUNT = 0.02
"""The number of clusters changes only if the silhouette improves by this much."""
KEEPS_PLACE = 1.01
"""Centroids found from the previous ones are kept up to this share of the smallest inertia."""
MIN_CUSTOMERS_PER_CLUSTER = 10
_IQR_OF_NORMAL = 1.349
_TELLING = 0.5
MOST = 0.5
"""Share of a cluster's members that have to differ in the direction that its persona names."""


@dataclass(frozen=True)
class Scaling:
    """Per feature: what is subtracted, and what it is then divided by. Shapes (features,)."""

    center: Floats
    scale: Floats

    @classmethod
    def of(cls, values: Floats) -> Scaling:
        """Median and interquartile range (as of a normal: in standard deviations); the deviation where that is 0."""
        low, center, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
        deviation = values.std(axis=0)
        scale = np.where(high > low, (high - low) / _IQR_OF_NORMAL, deviation)
        return cls(center, np.where(scale > 0, scale, 1.0))

    def apply(self, values: Floats) -> Floats:
        """Values (customers, features) in the space of the centroids."""
        return np.clip((values - self.center) / self.scale, -CLIP, CLIP)


@dataclass(frozen=True)
class Clustering:
    """Centroids (clusters, features) in scaled space, whose each customer of the sample is, and how apart they lie."""

    centroids: Floats
    labels: Ints
    silhouette: float


def fit(
    models: Path, inputs: Mapping[str, pa.Table], wanted: FitVars, as_of: date, known_to: datetime
) -> tuple[store.ModelRun, dict[str, pa.Table]]:
    """The run of this sample and its tables (`centroids`, `clusters`): fitted, or refused with the reason."""
    sample = inputs["sample"]
    previous = _previous(models, as_of, known_to)
    lineage = f"{wanted.settings}|after={previous.model_run_id if previous else None}"
    run_id = store.new_run_id(MODEL, as_of, known_to, inputs, lineage)
    blank = store.ModelRun(run_id, MODEL, store.REFUSED, as_of, known_to, settings=wanted.settings)
    features = [name for name in sample.column_names if name != "customer_key"]
    values = np.column_stack([sample.column(name).to_numpy().astype(np.float64) for name in features])
    counts = range(wanted.cluster_count_min, max(wanted.cluster_count_min, wanted.cluster_count_max) + 1)
    different = len(np.unique(values, axis=0)) if len(values) else 0
    if len(values) < MIN_CUSTOMERS_PER_CLUSTER * counts[-1] or different < counts[-1]:
        reason = f"{len(values)} customers, {different} of them different, are too few for {counts[-1]} clusters"
        return store.ModelRun(**{**asdict(blank), "reason": reason}), {}

    scaling = Scaling.of(values)
    scaled = scaling.apply(values)
    before = _centroids_before(models, previous, features, scaling) if previous else {}
    found, silhouettes = cluster(scaled, counts, np.array(list(before.values())) if before else None)
    ids = match(found.centroids, before, np.bincount(found.labels, minlength=len(found.centroids)))
    personas = [persona(scaled[found.labels == row], scaled, features) for row in range(len(ids))]
    shares = _shares_before(models, previous) if previous else {}
    clusters = _clusters(found, ids, personas, before, shares)
    run = store.ModelRun(
        **{
            **asdict(blank),
            "status": store.FITTED,
            "variant": f"k-means, {len(ids)} clusters",
            "parameters": store.to_json({"clusters": len(ids), "silhouette": found.silhouette}),
            "observations": len(values),
            "converged": True,
            "diagnostics": store.to_json(
                {
                    "silhouettes": {str(count): value for count, value in silhouettes.items()},
                    "previous_run": previous.model_run_id if previous else None,
                    "moved_most": max((row["moved"] for row in clusters if row["moved"] is not None), default=None),
                }
            ),
        }
    )
    rows = [
        {
            "cluster_id": cluster_id,
            "feature": feature,
            "center": scaling.center[column],
            "scale": scaling.scale[column],
            "centroid": found.centroids[row, column],
        }
        for row, cluster_id in enumerate(ids)
        for column, feature in enumerate(features)
    ]
    return run, {
        "centroids": pa.Table.from_pylist(rows, schema=_CENTROIDS),
        "clusters": pa.Table.from_pylist(clusters, schema=_CLUSTERS),
    }


_CENTROIDS = pa.schema(
    [
        ("cluster_id", pa.int32()),
        ("feature", pa.string()),
        *((name, pa.float64()) for name in ("center", "scale", "centroid")),
    ]
)
_CLUSTERS = pa.schema(
    [
        ("cluster_id", pa.int32()),
        ("persona", pa.string()),
        ("sampled_customers", pa.int64()),
        *((name, pa.float64()) for name in ("share", "previous_share", "moved", "silhouette")),
    ]
)


def cluster(scaled: Floats, counts: Sequence[int], before: Floats | None = None) -> tuple[Clustering, dict[int, float]]:
    """The clustering with the best silhouette among those numbers of clusters, and the silhouette of each.

    `before` are the previous centroids in the same space: their number, and what k-means makes of them, go first where
    they are as good.
    """
    tried = {count: _k_means(scaled, count, before) for count in counts}
    silhouettes = {count: found.silhouette for count, found in tried.items()}
    best = max(silhouettes, key=lambda count: (silhouettes[count], -count))
    if before is not None and silhouettes.get(len(before), -np.inf) >= silhouettes[best] - KEEPS_COUNT:
        best = len(before)
    return tried[best], silhouettes


def _k_means(scaled: Floats, count: int, before: Floats | None) -> Clustering:
    from sklearn.cluster import KMeans  # noqa: PLC0415 (slow, and only wanted here)
    from sklearn.metrics import silhouette_score  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    # one thread: sums of floating point numbers depend on how they are shared out
    with threadpool_limits(1):
        found = KMeans(count, n_init=STARTS, random_state=SEED).fit(scaled)
        if before is not None and len(before) == count:
            kept = KMeans(count, init=before, n_init=1).fit(scaled)
            found = kept if kept.inertia_ <= KEEPS_PLACE * found.inertia_ else found
        labels = found.labels_.astype(np.int64)
        seen = labels[:SILHOUETTE_SAMPLE]
        apart = silhouette_score(scaled[: len(seen)], seen) if 1 < len(np.unique(seen)) < len(seen) else -1.0
    return Clustering(found.cluster_centers_, labels, float(apart))


def match(centroids: Floats, before: Mapping[int, Floats], sizes: Ints) -> list[int]:
    """The id of each centroid (row): that of the previous centroid it is paired with, least total distance; else the
    smallest free one, the largest cluster first.
    """
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415
    from scipy.spatial.distance import cdist  # noqa: PLC0415

    ids: dict[int, int] = {}
    if before:
        known = sorted(before)
        rows, columns = linear_sum_assignment(cdist(centroids, np.array([before[known_id] for known_id in known])))
        ids = {int(row): known[column] for row, column in zip(rows, columns, strict=True)}
    # an id that was somebody else's a fit ago is taken last
    free = sorted(set(range(1, len(centroids) + len(before) + 1)) - set(ids.values()), key=lambda i: (i in before, i))
    free = [i for i in free if i <= len(centroids)] + [i for i in free if i > len(centroids)]
    for row in np.lexsort((np.arange(len(sizes)), -sizes)):
        if int(row) not in ids:
            ids[int(row)] = free.pop(0)
    return [ids[row] for row in range(len(centroids))]


def persona(members: Floats, everyone: Floats, features: Sequence[str]) -> str:
    """The two features by which the members of a cluster differ most from the median customer, in words.

    Values are scaled: the median customer is 0. A cluster is high in a feature when its mean is above that of everyone
    and most members are above the median customer: where most customers have nothing, a few spenders make nobody high.
    """
    mean, average = members.mean(axis=0), everyone.mean(axis=0)
    above, below = (members > 0).mean(axis=0) > MOST, (members < 0).mean(axis=0) > MOST
    high, low = (mean >= _TELLING) & (mean > average) & above, (mean <= -_TELLING) & (mean < average) & below
    order = sorted(range(len(features)), key=lambda i: (-abs(mean[i]), features[i]))
    words = [
        f"{'high' if high[i] else 'low'} {features[i].removesuffix('_28d').replace('_', ' ')}"
        for i in order
        if high[i] or low[i]
    ]
    return ", ".join(words[:2]) or "like the median customer"


def _clusters(
    found: Clustering,
    ids: Sequence[int],
    personas: Sequence[str],
    before: Mapping[int, Floats],
    shares: Mapping[int, float],
) -> list[dict[str, Any]]:
    sizes = np.bincount(found.labels, minlength=len(ids))
    rows = [
        {
            "cluster_id": cluster_id,
            "persona": personas[row],
            "sampled_customers": int(sizes[row]),
            "share": float(sizes[row] / sizes.sum()),
            "previous_share": shares.get(cluster_id),
            "moved": float(np.linalg.norm(found.centroids[row] - before[cluster_id])) if cluster_id in before else None,
            "silhouette": found.silhouette,
        }
        for row, cluster_id in enumerate(ids)
    ]
    return sorted(rows, key=lambda row: int(row["cluster_id"]))


def _previous(models: Path, as_of: date, known_to: datetime) -> store.ModelRun | None:
    """The newest fit of an earlier day, under whatever settings: ids outlive them."""
    runs = store.read_runs(models, MODEL)
    return next((r for r in runs if r.parameters and r.trained_to < as_of and r.known_to <= known_to), None)


def _centroids_before(
    models: Path, previous: store.ModelRun, features: Sequence[str], scaling: Scaling
) -> dict[int, Floats]:
    """Previous centroids in the space of this fit; none when the features were others."""
    rows = store.read_table(models, previous, "centroids").to_pylist()
    found: dict[int, dict[str, float]] = {}
    for row in rows:
        value = row["centroid"] * row["scale"] + row["center"]
        found.setdefault(row["cluster_id"], {})[row["feature"]] = value
    if any(set(values) != set(features) for values in found.values()):
        return {}
    return {
        cluster_id: scaling.apply(np.array([[values[name] for name in features]]))[0]
        for cluster_id, values in sorted(found.items())
    }


def _shares_before(models: Path, previous: store.ModelRun) -> dict[int, float]:
    return {row["cluster_id"]: row["share"] for row in store.read_table(models, previous, "clusters").to_pylist()}
