"""Audit and publish: the asset that BI reads, made only from a complete green build."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from orchestration.defs.resources import WRITER_POOL, Home, expected_failures
from segmentry.dbt.manifest import MART_SCHEMAS
from segmentry.publishing import publish
from segmentry.quality.results import require_passed
from segmentry.warehouse import require_green

PUBLISHED = dg.AssetKey(["published", "marts"])


def build_publish(models: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """The published marts, downstream of every mart in `models`."""

    @dg.asset(
        key=PUBLISHED,
        deps=mart_keys(models),
        group_name="published",
        owners=["team:data-platform"],
        kinds={"duckdb", "parquet"},
        description="The marts for BI: a DuckDB file and Parquet, replaced in one step after an audit.",
        pool=WRITER_POOL,
    )
    def published_marts(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult[Any]:
        settings = home.settings
        with expected_failures(), home.writing(context.run_id, "publish"):
            record = require_green(settings)
            require_passed(settings, record.dbt_invocation_id)
            manifest = publish(settings, record, context.run_id)
        return dg.MaterializeResult(
            metadata={
                "generation": manifest.generation,
                "as_of_date": str(manifest.as_of_date),
                "tables": len(manifest.tables),
                "dagster/row_count": manifest.rows,
                "input_batches": manifest.input_batches,
                "build_run_id": record.run_id,
                "git_revision": str(manifest.git_revision),
                "sha256": manifest.sha256,
            }
        )

    return published_marts


def mart_keys(models: dg.AssetsDefinition) -> Sequence[dg.AssetKey]:
    """The assets of all models that are published."""
    return sorted(key for key in models.keys if key.path[0] in MART_SCHEMAS)
