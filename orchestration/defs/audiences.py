"""Audience exports: members and changes of every published audience, as files for other tools."""

import os
from typing import Any

import dagster as dg

from orchestration.defs.publish import PUBLISHED
from orchestration.defs.resources import WRITER_POOL, Home, expected_failures
from segmentry.activation import audience_keys, deliver, destination, export_audience

EXPORTS = dg.AssetKey(["audiences", "exports"])


def build_audiences() -> dg.AssetsDefinition:
    """The exports, downstream of the publish. SEGMENTRY_AUDIENCE_DESTINATION (a folder or URL) gets what it lacks."""

    @dg.asset(
        key=EXPORTS,
        deps=[PUBLISHED],
        group_name="audiences",
        owners=["team:marketing"],
        kinds={"csv", "parquet"},
        description="Members and changes of every audience, consent applied and hold-outs left out, with a manifest.",
        pool=WRITER_POOL,
    )
    def audience_files(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult[Any]:
        settings = home.settings
        address = os.environ.get("SEGMENTRY_AUDIENCE_DESTINATION")
        members, sent = {}, 0
        with expected_failures(), home.writing(context.run_id, "audiences"):
            for key in audience_keys(settings):
                export, _ = export_audience(settings, key)
                members[key] = {"members": export.members, "entered": export.entered, "left": export.left}
                if address:
                    sent += deliver(settings, key, destination(address)).sent
        return dg.MaterializeResult(
            metadata={
                "audiences": len(members),
                "members": dg.MetadataValue.json(members),
                "batches_delivered": sent,
            }
        )

    return audience_files
