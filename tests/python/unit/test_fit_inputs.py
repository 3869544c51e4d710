"""A build makes what models are fitted on before it fits: none of it may wait for a fit."""

from __future__ import annotations

from typing import Any

from segmentry.estimators import clusters, lifetime_value, tenure_curves


def parents(manifest: dict[str, Any], node: str) -> set[str]:
    """Everything a node is made of."""
    found: set[str] = set()
    due = [node]
    while due:
        for parent in manifest["parent_map"].get(due.pop(), []):
            if parent not in found:
                found.add(parent)
                due.append(parent)
    return found


def fit_inputs(manifest: dict[str, Any]) -> list[str]:
    return [key for key, node in manifest["nodes"].items() if "fit_input" in node["tags"]]


def test_no_input_of_a_fit_waits_for_a_fit(dbt_manifest):
    waiting = {
        (node, parent)
        for node in fit_inputs(dbt_manifest)
        for parent in parents(dbt_manifest, node)
        if parent.startswith("source.segmentry.models.")
    }
    assert waiting == set()
    # the scores do, so the walk sees sources
    scores = parents(dbt_manifest, "model.segmentry.int_customer_purchase_scores")
    assert "source.segmentry.models.clv_lookup" in scores


def test_what_is_read_for_a_fit_is_built_before_it(dbt_manifest):
    ready = {name for node in fit_inputs(dbt_manifest) for name in [node, *parents(dbt_manifest, node)]}
    inputs = [query for model in (clusters, lifetime_value, tenure_curves) for query in model.INPUTS.values()]
    queries = " ".join([*inputs, "intermediate.int_clock"])
    read = {word.removeprefix("intermediate.") for word in queries.split() if word.startswith("intermediate.")}
    assert len(read) == 5
    assert {f"model.segmentry.{name}" for name in read} <= ready
