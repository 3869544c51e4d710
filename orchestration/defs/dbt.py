"""Every dbt model, seed and test as Dagster assets and checks, built as `segmentry build` does."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from orchestration.defs.fits import build_fits, fit_events
from orchestration.defs.resources import WRITER_POOL, Home, expected_failures
from segmentry.config import Settings, project_vars, resolve_vars
from segmentry.dbt.manifest import MART_SCHEMAS
from segmentry.dbt.process import Event
from segmentry.duck import open_read_only
from segmentry.errors import BuildFailedError
from segmentry.estimators.store import ModelRun
from segmentry.warehouse import BuildListener, BuildRequest, build

EVENT_PATH = ("int_event_days_touched", "int_events", "int_customer_days")
"""The models that are built by day. The others are rebuilt as a whole in the same run."""

_LOG_EVERY = 100
_UNIQUE_ID = "dagster_dbt/unique_id"


class Translator(DagsterDbtTranslator):
    """Groups assets by folder, and adds owners, segment rules and partitions."""

    def __init__(self, days: dg.DailyPartitionsDefinition) -> None:
        """`days` are the partitions of the event path."""
        super().__init__()
        self._days = days

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The folder: `core` for a mart, `intermediate_activity` or `staging_feeds` for other models."""
        folders = dbt_resource_props["fqn"][1:-1]
        if dbt_resource_props["resource_type"] != "model":
            return "reference"
        return str(folders[1]) if folders[0] == "marts" else "_".join(folders[:2])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """The owners of a dimension's segments, else the analytics team."""
        segments = _meta(dbt_resource_props).get("segments") or []
        return sorted({str(segment["owner"]) for segment in segments if segment.get("owner")}) or ["team:analytics"]

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        """dbt's metadata and the rules of a segmentation dimension."""
        meta = _meta(dbt_resource_props)
        rules = {key: meta[key] for key in ("dimension", "entity", "exclusive", "segments") if key in meta}
        known = dict(super().get_metadata(dbt_resource_props))
        return known | ({"segment_rules": dg.MetadataValue.json(rules)} if rules else {})

    def get_partitions_def(self, dbt_resource_props: Mapping[str, Any]) -> dg.PartitionsDefinition | None:
        """Days for the event path."""
        return self._days if dbt_resource_props["name"] in EVENT_PATH else None


def _meta(props: Mapping[str, Any]) -> dict[str, Any]:
    return {**(props.get("meta") or {}), **(props.get("config", {}).get("meta") or {})}


def event_days(settings: Settings, first_day: str) -> dg.DailyPartitionsDefinition:
    """Local days of the reporting time zone, today included."""
    zone = str(project_vars(settings.project_dir)["reporting_timezone"])
    return dg.DailyPartitionsDefinition(start_date=first_day, timezone=zone, end_offset=1)


def mart_columns(manifest: Mapping[str, Any]) -> dict[str, set[str]]:
    """The columns of every mart by `schema.table`."""
    return {
        f"{node['schema']}.{node['alias']}": set(node["columns"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] in MART_SCHEMAS
    }


def build_models(
    project: DbtProject, manifest: Mapping[str, Any], days: dg.DailyPartitionsDefinition
) -> dg.AssetsDefinition:
    """All models as one definition: a run builds its selection with one `dbt build`."""
    translator = Translator(days)
    fits = build_fits(manifest)

    @dbt_assets(
        manifest=manifest,
        project=project,
        dagster_dbt_translator=translator,
        name="dbt_models",
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WRITER_POOL,
    )
    def dbt_models(context: dg.AssetExecutionContext, home: Home) -> Iterator[Any]:
        settings = home.settings
        variables = resolve_vars(settings.project_dir, home.preset)
        results: list[Event] = []
        runs: list[ModelRun] = []

        def keep(event: Event) -> None:
            if "node_info" in event.get("data", {}):
                results.append(event)

        def log(name: str, done: int, of: int) -> None:
            if done % _LOG_EVERY == 0 or done == of:
                context.log.info(f"dbt: {done} of {of} models and tests ({name})")

        failed: BuildFailedError | None = None
        with expected_failures(), home.writing(context.run_id, "build") as lock:
            try:
                request = BuildRequest(
                    context.run_id,
                    variables,
                    select=_selection(context, manifest),
                    restate=_restated(context),
                    lock_fd=lock.fileno,
                )
                record = build(settings, request, BuildListener(on_progress=log, on_event=keep, on_fit=runs.extend))
                context.log.info(f"Build {record.status} in {record.seconds:.0f} s: {record.counts}")
            except BuildFailedError as error:
                failed = error
            rows = row_counts(settings.warehouse())
        if runs:
            yield from fit_events(fits, runs)
        reported = set()
        for event in _asset_events(context, manifest, translator, results, rows):
            reported.add(getattr(event, "output_name", None))
            yield event
        if failed is not None:
            checks = failed_checks(results, manifest)
            raise dg.Failure(failed.message, metadata={"failed": dg.MetadataValue.json(checks)}, allow_retries=False)
        # Dagster skips what is downstream of a missing output, and calls the run a success
        missing = sorted(context.selected_output_names & context.assets_def.keys_by_output_name.keys() - reported)
        if missing:
            raise dg.Failure(f"dbt reported no result for {', '.join(missing)}")

    return dbt_models


def row_counts(warehouse: Path) -> dict[str, int]:
    """Rows of every table of a warehouse file by `schema.table`; empty without a file."""
    if not warehouse.is_file():
        return {}
    with open_read_only(warehouse) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        counted = " union all ".join(
            f'select \'{schema}.{table}\', count(*) from "{schema}"."{table}"'  # noqa: S608 (names of dbt)
            for schema, table in tables
        )
        return dict(connection.execute(counted).fetchall()) if counted else {}


def failed_checks(results: Sequence[Event], manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What failed: the model or check, the asset that it guards, and how many rows fail the check."""
    found = []
    for event in results:
        status = event["data"]["node_info"].get("node_status")
        if event["info"]["name"].endswith("Result") and status in {"fail", "error"}:
            node = manifest["nodes"].get(event["data"]["node_info"]["unique_id"], {})
            attached = manifest["nodes"].get(node.get("attached_node"), {}).get("name")
            guarded = attached or _meta(node).get("dagster", {}).get("ref", {}).get("name") or node.get("name")
            found.append({"check": node.get("name"), "asset": guarded, "rows": event["data"].get("num_failures")})
    return found


def _selection(context: dg.AssetExecutionContext, manifest: Mapping[str, Any]) -> list[str]:
    """dbt node names of the selected part; empty for the whole project."""
    definition = context.assets_def
    if definition.keys_by_output_name == definition.node_keys_by_output_name:
        return []
    unique_ids = [spec.metadata[_UNIQUE_ID] for spec in definition.specs if spec.key in context.selected_asset_keys]
    unique_ids += [
        (spec.metadata or {})[_UNIQUE_ID]
        for spec in definition.check_specs
        if spec.key in context.selected_asset_check_keys and spec.asset_key not in context.selected_asset_keys
    ]
    return sorted(manifest["nodes"][unique_id]["name"] for unique_id in unique_ids)


def _restated(context: dg.AssetExecutionContext) -> tuple[date, date] | None:
    """First and last day of the run's partitions, which are recomputed even if nothing arrived."""
    if not context.has_partition_key and not context.has_partition_key_range:
        return None
    if not any(key.path[-1] in EVENT_PATH for key in context.selected_asset_keys):
        return None
    keys = context.partition_key_range
    return date.fromisoformat(keys.start), date.fromisoformat(keys.end)


def _asset_events(
    context: dg.AssetExecutionContext,
    manifest: Mapping[str, Any],
    translator: DagsterDbtTranslator,
    results: Sequence[Event],
    rows: Mapping[str, int],
) -> Iterator[Any]:
    """Materialisations with row counts, then check results, which belong to the materialisation before them."""
    later = []
    for raw_event in results:
        message = DbtCoreCliEventMessage(raw_event=raw_event, event_history_metadata={})
        if raw_event["info"]["name"] == "LogTestResult":
            later.append(message)
            continue
        for event in message.to_default_asset_events(manifest, translator, context):
            node = manifest["nodes"][raw_event["data"]["node_info"]["unique_id"]]
            count = rows.get(f"{node['schema']}.{node['alias']}")
            if isinstance(event, dg.Output) and count is not None:
                context.add_output_metadata({"dagster/row_count": count}, output_name=event.output_name)
            yield event
    for message in later:
        for event in message.to_default_asset_events(manifest, translator, context):
            # dbt also runs tests that a subset did not ask for; their result is in the log
            if isinstance(event, dg.AssetCheckResult):
                yield event
