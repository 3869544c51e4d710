"""The feeds: landing loads the inbox, and each feed is an asset upstream of dbt's sources."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from orchestration.defs.resources import WRITER_POOL, Home, expected_failures
from segmentry.contracts import Contract
from segmentry.landing import LandedFile, land

LEDGERS = {
    "ledger": "One row per file that landing handled.",
    "quarantine": "One row per record of any feed that did not pass its contract.",
}


def feed_key(contract: Contract) -> dg.AssetKey:
    """The asset of a feed, named like its dbt source: raw/events, or PRESET/table for a preset."""
    source, _, table = contract.name.rpartition("__")
    return dg.AssetKey([source or "raw", table])


def build_landing(contracts: Mapping[str, Contract]) -> dg.AssetsDefinition:
    """One step that lands the whole inbox, with an asset per feed."""
    feeds = {feed_key(contract): contract for contract in contracts.values()}

    @dg.multi_asset(
        name="land",
        specs=[*(_spec(key, contract) for key, contract in feeds.items()), *_ledger_specs()],
        can_subset=True,
        pool=WRITER_POOL,
    )
    def land_inbox(context: dg.AssetExecutionContext, home: Home) -> Iterator[dg.MaterializeResult[Any]]:
        selected = [contract.name for key, contract in feeds.items() if key in context.selected_asset_keys]
        settings = home.settings
        settings.inbox.mkdir(parents=True, exist_ok=True)
        with expected_failures(), home.writing(context.run_id, "land"):
            files = land(settings.home, contracts, now=datetime.now(UTC), feeds=selected)
        for file in files:
            context.log.info(
                f"{file.feed}/{file.file_name}: {file.status}"
                f"{f' ({file.reason}): {file.remedy}' if file.reason else ''}, {file.records} records,"
                f" {file.accepted} accepted, {file.quarantined} quarantined"
            )
        for key in context.selected_asset_keys:
            mine = [file for file in files if key in feeds and file.feed == feeds[key].name]
            yield dg.MaterializeResult(asset_key=key, metadata=landed_metadata(mine if key in feeds else files))

    return land_inbox


def landed_metadata(files: list[LandedFile]) -> dict[str, Any]:
    """What landing did, in counts, without values of a file."""
    reasons: Counter[str] = Counter()
    for file in files:
        reasons.update(file.reasons)
    statuses = Counter(file.status for file in files)
    return {
        "files_landed": statuses["landed"],
        "files_refused": statuses["refused"],
        "files_unchanged": statuses["unchanged"],
        "records": sum(file.records for file in files),
        "accepted": sum(file.accepted for file in files),
        "quarantined": sum(file.quarantined for file in files),
        "quarantine_reasons": dg.MetadataValue.json(dict(reasons)),
        "refusals": dg.MetadataValue.json([f"{f.file_name}: {f.reason}" for f in files if f.status == "refused"]),
    }


def _spec(key: dg.AssetKey, contract: Contract) -> dg.AssetSpec:
    columns = [
        dg.TableColumn(
            column.name,
            type=column.physical_type.lower(),
            description=column.description,
            constraints=dg.TableColumnConstraints(nullable=not column.required),
            tags={"pii": ""} if column.is_pii else {},
        )
        for column in contract.columns
    ]
    return dg.AssetSpec(
        key,
        description=f"{contract.grain} Accepted rows of the files of inbox/{contract.name}/, duplicates included.",
        group_name="landing",
        owners=["team:data-platform"],
        kinds={"parquet", "python"},
        metadata={
            "dagster/column_schema": dg.TableSchema(columns=columns),
            "contract_version": contract.version,
            "key": ", ".join(contract.dedup_key),
        },
    )


def _ledger_specs() -> Iterator[dg.AssetSpec]:
    for table, description in LEDGERS.items():
        yield dg.AssetSpec(
            ["raw", table],
            description=description,
            group_name="landing",
            owners=["team:data-platform"],
            kinds={"parquet", "python"},
        )
