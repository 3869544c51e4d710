"""What Dagster sees: assets, jobs, schedules, sensors and checks; a change of these changes a line here as well."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import dagster as dg
import pytest

from orchestration.defs.fits import fit_events
from segmentry.estimators.store import ModelRun

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.integration

# prints facts as JSON from a process of its own: definitions are made when the module is imported
FACTS = """
import json, sys, time
start = time.monotonic()
import orchestration.definitions as location
seconds = time.monotonic() - start
graph = location.defs.resolve_asset_graph()
checks = [check for check in graph.asset_check_keys]
job = location.defs.resolve_job_def("daily_build")
node = lambda *path: graph.get(location.dg.AssetKey(path))
print(json.dumps({
    "seconds": seconds,
    "slow": [name for name in ("great_expectations", "pyspark", "pandas") if name in sys.modules],
    "keys": sorted(key.to_user_string() for key in graph.materializable_asset_keys),
    "external": sorted(key.to_user_string() for key in graph.external_asset_keys),
    "fits": {k.to_user_string(): sorted(p.to_user_string() for p in graph.get(k).parent_keys)
             for k in graph.external_asset_keys if k.path[0] == "models"},
    "scored_from": sorted(k.to_user_string() for k in node("models", "clv_parameters").child_keys),
    "groups": sorted({graph.get(key).group_name for key in graph.materializable_asset_keys}),
    "unowned": sorted(k.to_user_string() for k in graph.materializable_asset_keys if not graph.get(k).owners),
    "undescribed": sorted(k.to_user_string() for k in graph.materializable_asset_keys if not graph.get(k).description),
    "partitioned": sorted(k.to_user_string() for k in graph.materializable_asset_keys if graph.get(k).partitions_def),
    "fresh": sorted({k.path[0] for k in graph.materializable_asset_keys if graph.get(k).freshness_policy}),
    "checks": sorted(f"{check.asset_key.to_user_string()}:{check.name}" for check in checks),
    "in_job": len(job.asset_layer.executable_asset_keys),
    "steps": sorted(node.name for node in job.nodes),
    "schedules": [[s.name, s.cron_schedule, s.execution_timezone] for s in location.defs.schedules],
    "sensors": sorted(sensor.name for sensor in location.defs.sensors),
    "upstream": sorted(key.to_user_string() for key in node("staging", "stg_feeds__events").parent_keys),
    "publish_after": len(node("published", "marts").parent_keys),
}))
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    home = tmp_path_factory.mktemp("location") / "home"
    environment = os.environ | {"SEGMENTRY_HOME": str(home)}
    command = [sys.executable, "-c", FACTS]
    subprocess.run([sys.executable, "-m", "orchestration.serve", "--prepare"], cwd=ROOT, env=environment, check=True)
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    found: dict[str, object] = json.loads(result.stdout.splitlines()[-1]) | {"home": str(home)}
    return found


def test_every_model_and_feed_is_an_asset(facts, dbt_manifest) -> None:
    models = {
        f"{node['schema']}/{node['alias']}"
        for node in dbt_manifest["nodes"].values()
        if node["resource_type"] in {"model", "seed"}
    }
    feeds = {f"raw/{path.stem}" for path in (ROOT / "contracts").glob("*.yml")}
    own = {"raw/ledger", "raw/quarantine", "published/marts", "audiences/exports"}
    assert set(facts["keys"]) == models | feeds | own
    assert facts["in_job"] == len(facts["keys"])
    assert facts["upstream"] == ["raw/events"]
    assert [key for key in facts["external"] if key.startswith("raw/")] == []


def test_fitted_models_stand_between_what_they_are_fitted_on_and_what_they_score(facts, dbt_manifest) -> None:
    inputs = sorted(
        f"intermediate/{node['alias']}" for node in dbt_manifest["nodes"].values() if "fit_input" in node["tags"]
    )
    tables = {source["name"] for source in dbt_manifest["sources"].values() if source["source_name"] == "models"}
    assert len(inputs) > 3
    assert facts["fits"] == {f"models/{table}": inputs for table in tables}
    assert facts["scored_from"] != []


def test_a_fit_is_told_with_its_outcome() -> None:
    specs = [dg.AssetSpec(["models", "runs"]), dg.AssetSpec(["models", "clusters"])]
    refused = ModelRun("c-1", "customer_clusters", "refused", date(2026, 1, 31), datetime(2026, 1, 31), reason="few")
    told, table = fit_events(specs, [refused])
    assert (told.asset_key, table.asset_key) == (specs[0].key, specs[1].key)
    assert told.metadata["runs"].value == {
        "customer_clusters": {
            "model_run_id": "c-1",
            "status": "refused",
            "reason": "few",
            "trained_to": "2026-01-31",
            "observations": None,
        }
    }


def test_assets_have_groups_owners_and_texts(facts) -> None:
    assert (facts["unowned"], facts["undescribed"]) == ([], [])
    wanted = {"landing", "published", "audiences", "reference", "core", "segments", "kpis", "trust"}
    assert wanted <= set(facts["groups"])
    assert {"staging_feeds", "intermediate_activity", "intermediate_identity"} <= set(facts["groups"])
    assert facts["partitioned"] == [
        "intermediate/int_customer_days",
        "intermediate/int_event_days_touched",
        "intermediate/int_events",
    ]
    assert {"raw", "core", "kpis", "published"} <= set(facts["fresh"])


def test_every_data_test_of_dbt_is_a_check_on_its_asset(facts, dbt_manifest) -> None:
    """Those of macros with literal values read no model, and so guard no asset; a failing one fails the build."""
    nodes = dbt_manifest["nodes"]
    names = Counter(
        node["name"]
        for node in nodes.values()
        if node["resource_type"] == "test" and any(parent in nodes for parent in node["depends_on"]["nodes"])
    )
    seen = Counter(check.split(":")[1] for check in facts["checks"] if ":quality_" not in check)
    assert names - seen == Counter()
    assert "trust/feed_ledger:assert_feed_ledger_balances" in facts["checks"]  # a test over several refs


def test_every_feed_and_mart_has_its_suites(facts) -> None:
    quality = {check for check in facts["checks"] if ":quality_" in check}
    feeds = {path.stem for path in (ROOT / "contracts").glob("*.yml")}
    checks = ("schema", "values", "volume", "drift", "freshness")
    assert {f"raw/{feed}:quality_{check}" for feed in feeds for check in checks} <= quality
    assert {"kpis/kpi_revenue:quality_week_on_week", "segments/segment_membership:quality_segment_shares"} <= quality
    assert "kpis/kpi_retention:quality_shares" in quality
    core = {key for key in facts["keys"] if key.startswith("core/")}
    assert {f"{key}:quality_rows_kept" for key in core} <= quality


def test_jobs_schedules_and_sensors(facts) -> None:
    assert facts["steps"] == [
        "audiences__exports", "check_feeds", "check_marts", "dbt_models", "land", "published__marts"
    ]  # fmt: skip
    assert facts["schedules"] == [["every_day", "0 5 * * *", "UTC"]]
    assert facts["sensors"] == ["freshness_alert", "inbox", "run_failure_alert"]


def test_the_code_location_loads_without_what_is_slow(facts) -> None:
    """Great Expectations alone takes seconds. The limit of 10 s is measured on a quiet machine; see benchmarks."""
    assert facts["slow"] == []


@pytest.mark.parametrize(
    "command",
    [["dagster", "definitions", "validate", "-m", "orchestration.definitions"], ["dg", "check", "defs"]],
    ids=["dagster", "dg"],
)
def test_dagsters_own_validation_is_green(facts, command: list[str]) -> None:
    program = str(Path(sys.executable).with_name(command[0]))
    environment = os.environ | {"SEGMENTRY_HOME": str(facts["home"])}
    result = subprocess.run(
        [program, *command[1:]], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
