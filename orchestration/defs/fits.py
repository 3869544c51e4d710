"""The fitted models: assets that a build writes between its two dbt commands, upstream of the scoring models."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from segmentry.estimators.store import ModelRun

RUNS = dg.AssetKey(["models", "runs"])
_SOURCE, _INPUT_TAG = "models", "fit_input"


def build_fits(manifest: Mapping[str, Any]) -> list[dg.AssetSpec]:
    """An asset for each table of fitted models, downstream of the tables that fits read. The dbt step reports them."""
    inputs = sorted(
        dg.AssetKey([node["schema"], node["alias"]])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and _INPUT_TAG in node["tags"]
    )
    return [
        dg.AssetSpec(
            [_SOURCE, source["name"]],
            deps=inputs,
            description=source["description"],
            group_name="fits",
            owners=["team:analytics"],
            kinds={"parquet", "python"},
        )
        for source in manifest["sources"].values()
        if source["source_name"] == _SOURCE
    ]


def fit_events(specs: Sequence[dg.AssetSpec], runs: Sequence[ModelRun]) -> Iterator[dg.AssetMaterialization]:
    """A materialisation of each table of fitted models, with the outcome of each fit."""
    outcomes = {
        run.model: {
            "model_run_id": run.model_run_id,
            "status": run.status,
            "reason": run.reason,
            "trained_to": run.trained_to.isoformat(),
            "observations": run.observations,
        }
        for run in runs
    }
    for spec in specs:
        yield dg.AssetMaterialization(
            spec.key, metadata={"runs": dg.MetadataValue.json(outcomes)} if spec.key == RUNS else {}
        )
