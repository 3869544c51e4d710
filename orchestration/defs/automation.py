"""When runs start, and who is notified of failures and late data."""

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster import DagsterEventType, DagsterRunStatus, RunsFilter
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration.defs.resources import Home
from orchestration.notifications import channels, notification, notify
from segmentry.config import Settings, project_vars
from segmentry.contracts import Contract
from segmentry.home.status import read_status
from segmentry.landing.admission import MANIFEST_ENDING
from segmentry.quality.thresholds import FreshnessThresholds

JOB = "daily_build"
_UNDER_WAY = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def daily_build(days: dg.DailyPartitionsDefinition) -> UnresolvedAssetJobDefinition:
    """The daily job: land, check, build, check, publish. Only a crashed run is retried, from the start."""
    return dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.all(),
        partitions_def=days,
        description="Land the inbox, check the new files, build and test every model, check and publish the marts.",
        tags={"dagster/max_retries": "2", "dagster/retry_strategy": "ALL_STEPS"},
    )


def build_schedule(settings: Settings, days: dg.DailyPartitionsDefinition) -> dg.ScheduleDefinition:
    """A run a day (SEGMENTRY_SCHEDULE, a cron line; default 05:00) in the reporting time zone."""

    @dg.schedule(
        name="every_day",
        job_name=JOB,
        cron_schedule=os.environ.get("SEGMENTRY_SCHEDULE") or "0 5 * * *",
        execution_timezone=str(project_vars(settings.project_dir)["reporting_timezone"]),
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def every_day(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if _is_under_way(context.instance):
            return dg.SkipReason("a run is under way")
        at = context.scheduled_execution_time
        return dg.RunRequest(run_key=f"{at:%Y-%m-%dT%H:%M}", partition_key=days.get_last_partition_key())

    return every_day


def build_inbox_sensor(
    contracts: Mapping[str, Contract], days: dg.DailyPartitionsDefinition, settle_seconds: float
) -> dg.SensorDefinition:
    """Starts one run for all files in the inbox, once none has changed for `settle_seconds`."""

    @dg.sensor(
        name="inbox",
        job_name=JOB,
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts one run for all files that are in the inbox, and none while a run is under way.",
    )
    def inbox(context: dg.SensorEvaluationContext, home: Home) -> dg.RunRequest | dg.SkipReason:
        if _is_under_way(context.instance):
            return dg.SkipReason("a run is under way; the files are for the next one")
        waiting = waiting_files(home.settings.inbox, contracts)
        now = datetime.now(UTC).timestamp()
        if not waiting:
            return dg.SkipReason("the inbox is empty")
        if any(now - file.st_mtime < settle_seconds for file in waiting.values()):
            return dg.SkipReason("files are still arriving")
        return dg.RunRequest(
            run_key=batch_key(waiting),
            partition_key=days.get_last_partition_key(),
            tags={"segmentry/files": str(len(waiting))},
        )

    return inbox


def waiting_files(inbox: Path, contracts: Mapping[str, Contract]) -> dict[Path, os.stat_result]:
    """Files that the next landing will handle, in order."""
    found = {}
    for path in sorted(path for feed in contracts for path in (inbox / feed).glob("*")):
        if not path.name.startswith(".") and not path.name.endswith((".part", MANIFEST_ENDING)):
            with suppress(FileNotFoundError):
                found[path] = path.stat()
    return {path: facts for path, facts in found.items() if stat.S_ISREG(facts.st_mode)}


def batch_key(files: Mapping[Path, os.stat_result]) -> str:
    """A key of the files' paths, sizes and times: the same set never starts two runs."""
    facts = [(str(path), file.st_size, file.st_mtime_ns) for path, file in files.items()]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def build_failure_sensor() -> dg.SensorDefinition:
    """Notifies you of every failed run: which check, which asset, how many rows."""

    @dg.run_failure_sensor(name="run_failure_alert", default_status=dg.DefaultSensorStatus.RUNNING)
    def run_failure_alert(context: dg.RunFailureSensorContext, home: Home) -> None:
        run = context.dagster_run
        said = [_broken(entry.asset_check_evaluation) for entry in _evaluations(context.instance, run.run_id)]
        said += [_last_line(event) for event in context.get_step_failure_events()]
        text = "\n".join(line for line in said if line) or context.failure_event.message or "no message"
        notify(channels(home.settings), notification("run_failed", f"{run.job_name} failed", text, run.run_id))

    return run_failure_alert


def build_freshness_sensor(limits: FreshnessThresholds) -> dg.SensorDefinition:
    """Notifies you once when a feed or the published marts become late, and once when they are current again."""

    @dg.sensor(name="freshness_alert", minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
    def freshness_alert(context: dg.SensorEvaluationContext, home: Home) -> dg.SensorResult:
        before = set(json.loads(context.cursor or "[]"))
        late = late_assets(home.settings, limits, datetime.now(UTC).replace(tzinfo=None))
        for name in sorted(late.keys() - before):
            notify(channels(home.settings), notification("late", f"{name} is late", late[name]))
        for name in sorted(before - late.keys()):
            notify(channels(home.settings), notification("in_time", f"{name} is in time again", "nothing to do"))
        return dg.SensorResult(cursor=json.dumps(sorted(late)), skip_reason=dg.SkipReason(f"{len(late)} late"))

    return freshness_alert


def late_assets(settings: Settings, limits: FreshnessThresholds, now: datetime) -> dict[str, str]:
    """Feeds and marts older than their limit, with the text of the notification. A feed that never came is not late.

    `now` is naive UTC.
    """
    status = read_status(settings)
    found = {}
    published = [row.published_at for row in status.publishes if row.status == "published"]
    if published and now - published[-1] > timedelta(hours=limits.published_hours):
        found["published/marts"] = (
            f"last published {published[-1]:%Y-%m-%d %H:%M} UTC, limit {limits.published_hours} h"
        )
    for feed in status.feeds:
        days = limits.feeds_days.get(feed.feed)
        if days is not None and feed.last_landed_at and now - feed.last_landed_at > timedelta(days=days):
            found[f"raw/{feed.feed}"] = f"last file landed {feed.last_landed_at:%Y-%m-%d %H:%M} UTC, limit {days} days"
    return found


def with_freshness(definition: dg.AssetsDefinition, layers: set[str], hours: float) -> dg.AssetsDefinition:
    """Add a freshness policy to the assets of these layers."""
    policy = dg.FreshnessPolicy.time_window(
        fail_window=timedelta(hours=hours), warn_window=timedelta(hours=hours * 0.75)
    )
    return definition.map_asset_specs(
        lambda spec: spec.replace_attributes(freshness_policy=policy) if spec.key.path[0] in layers else spec
    )


def _is_under_way(instance: dg.DagsterInstance) -> bool:
    return instance.get_runs_count(RunsFilter(job_name=JOB, statuses=_UNDER_WAY)) > 0


def _evaluations(instance: dg.DagsterInstance, run_id: str) -> list[dg.EventLogEntry]:
    return list(instance.all_logs(run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION))


def _broken(evaluation: dg.AssetCheckEvaluation | None) -> str:
    """A line about a failed check of severity error, else an empty text."""
    if evaluation is None or evaluation.passed or evaluation.severity != dg.AssetCheckSeverity.ERROR:
        return ""
    rows = evaluation.metadata.get("dagster_dbt/failed_row_count")
    count = f": {rows.value} rows fail" if rows is not None else ""
    said = f": {evaluation.description}" if evaluation.description else ""
    return f"{evaluation.asset_key.to_user_string()}, check {evaluation.check_name}{count}{said}"


def _last_line(event: dg.DagsterEvent) -> str:
    """The message of the innermost error of a step, without a traceback."""
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    data = event.step_failure_data.user_failure_data
    said = data.description if data is not None and data.description else error.message.strip() if error else ""
    return f"step {event.step_key}: {said}"
