"""Law: when a rule changes, the history that the old rule had is still there, beside that of the new one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml

from segmentry.definitions.command import compile_definitions

ROOT = Path(__file__).parents[3]
RETIRED_ON = "2025-11-30"
LONG_BEFORE = "2025-09-28"
# what lies between the changed definition and the tables that the tests read
CHANGED = ("dimension_definitions", "segment_definitions", "int_account_segments", "int_customer_segments")
READ = ("segment_membership_history", "segment_membership", "dim_segments", "kpi_change_attribution")
BETWEEN = [f"{changed}+,+{read}" for changed in CHANGED for read in READ]
HISTORY = "entity_id, segment_key, definition_version, definition_hash, is_left_censored, valid_from"

pytestmark = pytest.mark.integration


def with_new_engagement_rule(project: Path) -> None:
    """A copy of the project in which engagement `active` means 14 silent days, not 28, since RETIRED_ON."""
    for name in ("definitions", "macros", "models", "seeds", "tests/dbt"):
        shutil.copytree(ROOT / name, project / name)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / name, project / name)
    path = project / "definitions" / "segments" / "engagement.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    old = yaml.safe_load(path.read_text(encoding="utf-8"))["segments"]
    (active,) = (segment for segment in content["segments"] if segment["key"] == "active")
    active["rules"]["all"][0]["value"] = 14
    active["version"] += 1
    content["previous_versions"] = [{"retired_on": RETIRED_ON, "segments": old}]
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    compile_definitions(project)


def run(project: Path, home: Path) -> None:
    dbt = Path(sys.executable).with_name("dbt")
    command = [str(dbt), "build", "--exclude-resource-type", "test", "unit_test", "--quiet", "--select", *BETWEEN]
    environment = os.environ | {"SEGMENTRY_HOME": str(home), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    result = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-4000:]


def rows(warehouse: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def before(demo_home: Path) -> Path:
    """The build under the old rule."""
    return demo_home / "warehouse" / "segmentry.duckdb"


@pytest.fixture(scope="module")
def after(demo_home: Path, before: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after the rule has changed."""
    folder = tmp_path_factory.mktemp("versions")
    project, home = folder / "project", folder / "home"
    with_new_engagement_rule(project)
    (home / "warehouse").mkdir(parents=True)
    copy = home / "warehouse" / "segmentry.duckdb"
    shutil.copy(before, copy)
    (home / "raw").symlink_to(demo_home / "raw")
    run(project, home)
    return copy


def test_history_of_the_old_rule_stays_beside_the_new_one(before: Path, after: Path) -> None:
    engagement = "from segments.segment_membership_history where dimension = 'engagement'"
    # an interval that reached over the day of the change ends there
    closed = f"least(coalesce(valid_to, date '{RETIRED_ON}'), date '{RETIRED_ON}')"
    had = rows(before, f"select {HISTORY}, {closed} {engagement} and valid_from < date '{RETIRED_ON}' order by all")
    (version,) = {row[2] for row in had}
    assert len(had) > 1000
    assert (
        rows(after, f"select {HISTORY}, valid_to {engagement} and definition_version = {version} order by all") == had
    )

    versions = f"select definition_version, count(distinct definition_hash), bool_or(valid_to is null) {engagement}"
    assert rows(after, f"{versions} group by 1 order by 1") == [(version, 1, False), (version + 1, 1, True)]
    # the new rule has a history from the beginning, with fewer active people on a day long before the change
    active = f"""
        select count(*) {engagement} and segment_key = 'active' and valid_from <= date '{LONG_BEFORE}'
            and coalesce(valid_to > date '{LONG_BEFORE}', true) and definition_version ="""
    (old,), (new,) = rows(after, f"{active} {version}") + rows(after, f"{active} {version + 1}")
    assert 0 < new < old
    current = "select distinct definition_version from segments.segment_membership where dimension = 'engagement'"
    assert rows(after, current) == [(version + 1,)]
    # the dimension tells both versions, and which one is in force
    rules = """
        select definition_version, rule_text, cast(retired_on as varchar) from core.dim_segments
        where dimension = 'engagement' and segment_key = 'active' order by 1"""
    (_, old_text, retired), (_, new_text, still) = rows(after, rules)
    assert (retired, still) == (RETIRED_ON, None)
    assert ("28" in str(old_text), "14" in str(new_text)) == (True, True)
    unmatched = """
        select count(*) from segments.segment_membership_history as history
        anti join core.dim_segments using (dimension, segment_key, definition_version, definition_hash)"""
    assert rows(after, unmatched) == [(0,)]


def test_what_a_new_rule_moved_is_told_apart(before: Path, after: Path) -> None:
    """A period that closed under the old rule was told as the build of that time told it; the rest is redefinition."""
    attribution = "from kpis.kpi_change_attribution where segment_dimension = 'engagement'"
    told = f"""
        select metric, period_grain, period_start, segment_key, value_before {attribution}
            and period_start < date '{RETIRED_ON}' order by all"""
    expected = rows(before, told)
    assert len(expected) > 100
    assert rows(after, told) == expected
    redefined = f"""
        select period_start < date '{RETIRED_ON}', count(*) filter (definition_effect <> 0) > 0 {attribution}
        group by 1 order by 1"""
    assert rows(before, redefined) == [(False, False), (True, False)]
    assert rows(after, redefined) == [(False, False), (True, True)]
    remainders = """
        select count(*) from kpis.kpi_change_attribution
        where behaviour_effect + mix_effect + volume_effect + restatement_effect + definition_effect
            is distinct from value_change"""
    assert rows(after, remainders) == [(0,)]
    not_the_total = """
        select count(*) from (
            select sum(definition_effect) as moved, sum(value_before) as parts, any_value(total) as total
            from kpis.kpi_change_attribution as parts
            join (
                select metric, period_grain, period_start, value_before as total
                from kpis.kpi_change_attribution where segment_dimension = 'all'
            ) using (metric, period_grain, period_start)
            where metric = 'active_customers' and segment_dimension = 'engagement'
            group by metric, period_grain, period_start
        )
        where moved <> 0 or parts <> total"""
    assert rows(after, not_the_total) == [(0,)]
