"""Days of the event path run by themselves: a re-run writes its days and no others, and all days make the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dagster_dbt import DbtProject

from orchestration.defs.dbt import EVENT_PATH, build_models, event_days
from orchestration.defs.resources import Home
from segmentry.config import Settings, resolve_vars
from segmentry.contracts import load_contracts
from segmentry.dbt.manifest import read_manifest
from segmentry.demo import generate
from segmentry.errors import BuildFailedError
from segmentry.landing import land
from segmentry.warehouse import BuildRequest, build, read_record, require_green

ROOT = Path(__file__).parents[3]
DAY_COLUMNS = {"int_events": "event_date", "int_customer_days": "activity_date"}
RANGE_TAGS = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class EventPath:
    """A home whose event path was built whole, a copy of its tables, and what runs days of it in Dagster."""

    settings: Settings
    whole: Path
    run: Callable[[date, date], dg.ExecuteInProcessResult]

    @property
    def days(self) -> list[date]:
        """Every day with an event, in order."""
        with duckdb.connect(str(self.whole)) as connection:
            return [
                day for (day,) in connection.execute("select distinct event_date from int_events order by 1").fetchall()
            ]

    def spoil(self, first: date) -> None:
        """Falsify the rows from a day on, in a column that no watermark looks at: only a re-run puts a day right."""
        with duckdb.connect(str(self.settings.warehouse())) as connection:
            connection.execute("update intermediate.int_events set browser = 'spoilt' where event_date >= ?", [first])
            connection.execute(
                "update intermediate.int_customer_days set desktop_events = -1 where activity_date >= ?", [first]
            )

    def restore(self) -> None:
        """Every row as the whole build had it."""
        with duckdb.connect(str(self.settings.warehouse())) as connection:
            connection.execute(f"attach '{self.whole}' as whole (read_only)")
            for table in DAY_COLUMNS:
                connection.execute(f"delete from intermediate.{table}")
                connection.execute(f"insert into intermediate.{table} by name from whole.{table}")

    def differing_days(self) -> dict[str, set[date]]:
        """Of each table, the days whose rows are not those of the whole build, in whatever direction."""
        found = {}
        with duckdb.connect(str(self.whole), read_only=True) as connection:
            connection.execute(f"attach '{self.settings.warehouse()}' as now (read_only)")
            for table, day in DAY_COLUMNS.items():
                one, other = f"(from {table})", f"(from now.intermediate.{table})"
                rows = connection.execute(
                    f"select distinct {day} from (({one} except all {other}) union all ({other} except all {one}))"
                ).fetchall()
                found[table] = {row[0] for row in rows}
        return found


@pytest.fixture(scope="module")
def event_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventPath]:
    """The event path of a very small demo company."""
    home = tmp_path_factory.mktemp("partitions") / "home"
    settings = Settings.load(home=home, project_dir=ROOT)
    generate(home / "inbox", home / "truth", scale=0.02, seed=3)
    land(home, load_contracts(ROOT / "contracts"), now=datetime.now(UTC))
    build(settings, BuildRequest("whole", resolve_vars(ROOT), select=["+int_customer_days"]))
    whole = home / "whole.duckdb"
    with duckdb.connect(str(whole)) as connection:
        connection.execute(f"attach '{settings.warehouse()}' as built (read_only)")
        for table in DAY_COLUMNS:
            connection.execute(f"create table {table} as from built.intermediate.{table}")
    project = DbtProject(ROOT, target_path=settings.runs / "target")  # parsed by the build
    days = event_days(settings, "2020-01-01")
    models = build_models(project, read_manifest(project.manifest_path.parent), days)
    selection = dg.AssetSelection.assets(*(dg.AssetKey(["intermediate", name]) for name in EVENT_PATH))
    with dg.instance_for_test() as instance:

        def run(first: date, last: date) -> dg.ExecuteInProcessResult:
            return dg.materialize(
                [models],
                selection=selection,
                instance=instance,
                resources={"home": Home(home=str(home), project_dir=str(ROOT))},
                tags=dict(zip(RANGE_TAGS, (first.isoformat(), last.isoformat()), strict=True)),
            )

        yield EventPath(settings, whole, run)


def materialized(result: dg.ExecuteInProcessResult) -> list[dg.AssetKey]:
    events = result.get_asset_materialization_events()
    return [event.asset_key for event in events if event.asset_key is not None]


def test_a_re_run_of_a_past_day_restates_that_day_and_what_its_night_leads_into(event_path: EventPath) -> None:
    """The day after is written too: its first event may continue a session of the day."""
    day = event_path.days[len(event_path.days) // 2]
    event_path.spoil(event_path.days[0])
    result = event_path.run(day, day)
    assert result.success
    put_right = {day, day + timedelta(days=1)}
    everywhere = set(event_path.days)
    differing = event_path.differing_days()
    assert differing["int_events"] == everywhere - put_right
    assert put_right.isdisjoint(differing["int_customer_days"])
    assert len(differing["int_customer_days"]) > 100

    assert {key.path[-1] for key in materialized(result)} == set(EVENT_PATH)


def test_days_run_range_by_range_add_up_to_the_whole(event_path: EventPath) -> None:
    last_days = event_path.days[-20:]
    event_path.restore()
    event_path.spoil(last_days[0])
    for first, last in ((last_days[8], last_days[-1]), (last_days[0], last_days[7])):  # the later ones first
        assert event_path.run(first, last).success
    assert event_path.differing_days() == {"int_events": set(), "int_customer_days": set()}


def test_a_run_of_days_is_not_published(event_path: EventPath) -> None:
    record = read_record(event_path.settings)
    assert record is not None and record.status == "partial"
    with pytest.raises(BuildFailedError, match="is not green: partial"):
        require_green(event_path.settings)
