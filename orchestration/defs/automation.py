"""When runs start, what they may do at the same time, and who hears of it."""

from __future__ import annotations

import dagster as dg


def daily_build(days: dg.DailyPartitionsDefinition) -> dg.UnresolvedAssetJobDefinition:
    """Land, build, check, publish: what a day does."""
    return dg.define_asset_job(
        "daily_build",
        selection=dg.AssetSelection.all(),
        partitions_def=days,
        description="Land the inbox, build and test every model, publish the marts.",
        tags={"dagster/max_retries": "2", "dagster/retry_strategy": "ALL_STEPS"},
    )
