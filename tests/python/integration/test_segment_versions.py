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

ROOT = Path(__file__).parents[3]
RETIRED_ON = "2025-11-30"
LONG_BEFORE = "2025-09-28"
MODELS = (
    "int_account_segments",
    "int_customer_segments",
    "segment_membership_history",
    "segment_membership",
    "dim_segments",
)
HISTORY = "entity_id, segment_key, definition_version, definition_hash, is_left_censored, valid_from"

pytestmark = pytest.mark.integration


def with_new_engagement_rule(project: Path) -> None:
    """A copy of the project in which engagement `active` means 14 silent days, not 28, since RETIRED_ON."""
    for name in ("macros", "models", "seeds", "tests/dbt"):
        shutil.copytree(ROOT / name, project / name)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / name, project / name)
    path = project / "models" / "marts" / "segments" / "seg_engagement.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    meta = content["models"][0]["config"]["meta"]
    old = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]["config"]["meta"]["segments"]
    (active,) = (segment for segment in meta["segments"] if segment["key"] == "active")
    active["rules"]["all"][0]["value"] = 14
    active["version"] += 1
    meta["previous_versions"] = [{"retired_on": RETIRED_ON, "segments": old}]
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def run(project: Path, home: Path) -> None:
    dbt = Path(sys.executable).with_name("dbt")
    command = [str(dbt), "run", "--quiet", "--select", *MODELS]
    environment = os.environ | {"SEGMENTRY_HOME": str(home), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    result = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-4000:]


def rows(warehouse: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_history_of_the_old_rule_stays_beside_the_new_one(demo_home: Path, tmp_path: Path) -> None:
    project, home = tmp_path / "project", tmp_path / "home"
    with_new_engagement_rule(project)
    (home / "warehouse").mkdir(parents=True)
    before = demo_home / "warehouse" / "segmentry.duckdb"
    after = home / "warehouse" / "segmentry.duckdb"
    shutil.copy(before, after)
    (home / "raw").symlink_to(demo_home / "raw")
    run(project, home)

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
