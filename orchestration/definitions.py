"""The code location: `build_defs()` assembles the definitions. Tests override what they need."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import dagster as dg

from orchestration.defs.audiences import build_audiences
from orchestration.defs.automation import (
    build_failure_sensor,
    build_freshness_sensor,
    build_inbox_sensor,
    build_schedule,
    daily_build,
    with_freshness,
)
from orchestration.defs.dbt import build_models, event_days, mart_columns
from orchestration.defs.fits import build_fits
from orchestration.defs.publish import build_publish
from orchestration.defs.quality import build_feed_checks, build_mart_checks
from orchestration.defs.raw import build_landing
from orchestration.defs.resources import Home
from orchestration.project import dbt_project, preset
from segmentry.config import Settings
from segmentry.contracts import load_contracts
from segmentry.dbt.manifest import MART_SCHEMAS, read_manifest
from segmentry.quality.thresholds import load_thresholds

FIRST_DAY = "2020-01-01"
"""The first daily partition of the event path unless SEGMENTRY_FIRST_DAY says otherwise; older days are built too."""


def build_defs(overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """The definitions for the home and preset of the environment. `overrides` replaces resources by key."""
    settings = Settings.load()
    chosen = preset(settings)
    contracts = load_contracts(settings.project_dir / "contracts", preset=chosen)
    days = event_days(settings, os.environ.get("SEGMENTRY_FIRST_DAY") or FIRST_DAY)
    project = dbt_project(settings)
    manifest = read_manifest(project.manifest_path.parent)
    thresholds = load_thresholds(settings.project_dir)
    models = build_models(project, manifest, days)
    home = Home(home=str(settings.home), project_dir=str(settings.project_dir), preset=chosen)
    hours = thresholds.freshness.published_hours
    return dg.Definitions(
        assets=[
            with_freshness(build_landing(contracts), {"raw", chosen}, hours),
            with_freshness(models, set(MART_SCHEMAS), hours),
            with_freshness(build_publish(models), {"published"}, hours),
            *build_fits(manifest),
            build_audiences(),
        ],
        asset_checks=[
            build_feed_checks(contracts),
            build_mart_checks(thresholds.marts, mart_columns(manifest)),
        ],
        jobs=[daily_build(days)],
        schedules=[build_schedule(settings, days)],
        sensors=[
            build_inbox_sensor(contracts, days, float(os.environ.get("SEGMENTRY_SETTLE_SECONDS") or 10)),
            build_failure_sensor(),
            build_freshness_sensor(thresholds.freshness),
        ],
        resources={"home": home, **(overrides or {})},
        executor=dg.in_process_executor,
    )


defs = build_defs()
