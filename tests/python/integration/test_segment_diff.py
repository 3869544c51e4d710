"""`segments diff` in a git repository of its own: a definition changes, and the customers it concerns are told."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from segmentry.cli import app
from segmentry.config import Settings
from segmentry.definitions.model import FOLDER, read_definitions
from segmentry.errors import UsageError
from segmentry.segments.diff import compare
from segmentry.segments.explain import explain
from segmentry.segments.revisions import definitions_of
from segmentry.warehouse import require_green

pytestmark = pytest.mark.integration
ROOT = Path(__file__).resolve().parents[3]


def git(root: Path, *words: str) -> None:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-C", str(root), *words]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, committed; then customers are new for 28 days, not 14, in the working tree."""
    copy = tmp_path_factory.mktemp("project")
    for name in ("definitions", "models/marts", "models/semantic"):
        shutil.copytree(ROOT / name, copy / name)
    shutil.copyfile(ROOT / "dbt_project.yml", copy / "dbt_project.yml")
    git(copy, "init", "-q")
    git(copy, "add", ".")
    git(copy, "commit", "-qm", "base")
    path = copy / FOLDER / "segments" / "engagement.yml"
    text = path.read_text()
    for old, new in (("op: lt, value: 14}", "op: lt, value: 28}"), ("tenure_days: 14}", "tenure_days: 28}")):
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text)
    return copy


@pytest.fixture(scope="module")
def settings(demo_home: Path, root: Path) -> Settings:
    return Settings.load(home=demo_home, project_dir=root, env={})


@pytest.fixture(scope="module")
def expected(settings: Settings) -> dict[str, tuple[str, str, str]]:
    """Customer -> its segment by the old rules, by the new ones (both written down here), and its account."""
    query = (
        "select customer_id, tenure_days, days_since_active, account_id from core.customer_features where is_current"
    )

    def segment(new_days: int, tenure: int, silence: int | None) -> str:
        if tenure < new_days:
            return "new"
        if silence is None:
            return "unknown"
        return "active" if silence < 28 else "at_risk" if silence < 90 else "dormant"

    with duckdb.connect(str(settings.warehouse()), read_only=True) as connection:
        rows = connection.execute(query).fetchall()
    return {who: (segment(14, t, s), segment(28, t, s), account) for who, t, s, account in rows}


@pytest.fixture(scope="module")
def mrr_of(settings: Settings) -> Callable[[Iterable[str]], Decimal]:
    """The MRR of accounts, each counted once."""
    with duckdb.connect(str(settings.warehouse()), read_only=True) as connection:
        rows = connection.execute("select account_id, mrr from core.account_features where is_current").fetchall()
    known = dict(rows)
    return lambda accounts: sum((known.get(account) or Decimal(0) for account in set(accounts)), Decimal(0))


def test_the_customers_who_move_are_told_with_the_mrr_of_their_accounts(
    settings: Settings, root: Path, expected, mrr_of
) -> None:
    with definitions_of(root, "HEAD") as base:
        found = compare(root, require_green(settings), base, read_definitions(root), shown=1000)
    assert found.changed_definitions == ["engagement.new"]
    moves = {move.segment_key: move for move in found.moves}
    assert {move.dimension for move in found.moves} == {"engagement"}
    movers = {who: change for who, change in expected.items() if change[0] != change[1]}
    assert len(movers) > 5
    for key, move in moves.items():
        entered = sorted(who for who, (old, new, _) in movers.items() if new == key)
        left = sorted(who for who, (old, new, _) in movers.items() if old == key)
        assert (list(move.who_entered), list(move.who_left)) == (entered, left)
        assert (move.entered, move.left) == (len(entered), len(left))
        assert move.kept == sum(old == new == key for old, new, _ in expected.values())
        for amount, who in ((move.mrr_entered, entered), (move.mrr_left, left)):
            assert amount == mrr_of(movers[one][2] for one in who)
    count, mrr = found.moved["customer"]
    assert count == len(movers)
    assert mrr == mrr_of(change[2] for change in movers.values())


def test_the_command_shows_a_table_and_one_for_a_pull_request(settings: Settings, root: Path, expected) -> None:
    arguments = ["--home", str(settings.home), "--project-dir", str(root), "segments"]
    count = sum(old != new for old, new, _ in expected.values())
    shown = CliRunner().invoke(app, [*arguments, "diff", "HEAD", "--markdown"])
    assert shown.exit_code == 0, shown.output
    assert "| dimension | segment | kept | entered | left |" in shown.output
    assert f"Changed: engagement.new. Moved: {count:,} customers with " in shown.output
    refused = CliRunner().invoke(app, [*arguments, "lint", "--base", "HEAD"])
    assert refused.exit_code == 4
    assert "SEG408 segment new: its rules changed since HEAD" in refused.output


def test_a_customer_is_explained_rule_by_rule(settings: Settings) -> None:
    query = """
        select customer_id, tenure_days, days_since_active from core.customer_features
        where is_current and days_since_active >= 28 and tenure_days >= 28 order by customer_id limit 1
    """
    with duckdb.connect(str(settings.published / "marts.duckdb"), read_only=True) as connection:
        who, tenure, silence = connection.execute(query).fetchone() or pytest.fail("the demo has nobody who is silent")
    (said,) = explain(settings, who, "engagement.new")
    assert (said.is_member, said.seen, said.outcome, said.distance) == (False, str(tenure), "fail", tenure - 14)
    members = {said.segment for said in explain(settings, who, None)}
    assert f"engagement.{'at_risk' if silence < 90 else 'dormant'}" in members
    assert len([name for name in members if name.startswith("engagement.")]) == 1
    with pytest.raises(UsageError, match="no rules are known of 'nobody'"):
        explain(settings, "nobody", "engagement.new")
    with pytest.raises(UsageError, match="no segment 'nowhere'"):
        explain(settings, who, "nowhere")
    arguments = ["--home", str(settings.home), "--project-dir", str(settings.project_dir), "segments", "explain"]
    shown = CliRunner().invoke(app, [*arguments, who, "new"])
    assert shown.exit_code == 0, shown.output
    assert f"{tenure - 14}" in shown.output
