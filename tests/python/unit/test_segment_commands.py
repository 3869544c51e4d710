"""`segmentry segments ...` through the front door, in a project of its own under git."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import segment_pages
import yaml
from typer.testing import CliRunner

from segmentry.cli import app as commands

FILE = segment_pages.FILE


def git(root: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-C", str(root), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A committed project with one segment, in force for active_days_28d >= 21."""
    project = segment_pages.project(tmp_path / "project", segment_pages.text_of(segment_pages.base()))
    (project / "dbt_project.yml").write_text("name: toy\nvars: {feature_history_weeks: 104}\n")
    git(project, "init", "-q", "-b", "main")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "base", "--date", "2026-11-25T12:00:00Z")
    return project


@pytest.fixture
def run(root: Path, tmp_path: Path) -> Callable[..., object]:
    def segments(*words: str):
        arguments = ["--home", str(tmp_path / "home"), "--project-dir", str(root), "segments", *words]
        result = CliRunner().invoke(commands, arguments)
        assert "Traceback" not in result.output
        return result

    return segments


def change(root: Path, old: str, new: str) -> None:
    path = root / FILE
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


# ---- lint


def test_lint_of_a_clean_project_says_how_much_it_saw(run) -> None:
    result = run("lint")
    assert result.exit_code == 0, result.output
    assert "1 segments of 1 dimensions and audiences" in result.output


def test_lint_ends_with_4_and_names_line_and_page(root: Path, run) -> None:
    change(root, "feature: active_days_28d", "feature: active_days")
    result = run("lint")
    line = next(n for n, text in enumerate((root / FILE).read_text().splitlines(), 1) if "active_days" in text)
    assert result.exit_code == 4
    assert f"{FILE}:{line}: SEG201 " in result.output
    assert "docs/segments/lint/<code>.md" in result.output


def test_review_dates_are_held_against_the_day_given(run) -> None:
    assert run("lint", "--as-of", "2027-03-31").exit_code == 0
    late = run("lint", "--as-of", "2027-04-01")
    assert late.exit_code == 4
    assert "SEG403" in late.output
    assert run("lint", "--as-of", "soon").exit_code == 2


def test_a_changed_rule_needs_a_new_version(root: Path, run) -> None:
    change(root, "value: 21", "value: 14")
    assert run("lint").exit_code == 0
    refused = run("lint", "--base", "HEAD")
    assert refused.exit_code == 4
    assert "SEG408 segment power_user: its rules changed since HEAD, so its version must be above 1" in refused.output
    change(root, "version: 1", "version: 2")
    assert run("lint", "--base", "HEAD").exit_code == 0


@pytest.mark.parametrize(
    ("old", "new", "is_refused"),
    [
        ("tactic: Beta access", "tactic: A call", False),
        ("owner: growth@example.com", "owner: sales@example.com", False),
        ("name: Power users", "name: Heavy users", False),
        ("holdout_share: 0.1", "holdout_share: 0.2", False),
        ("op: gte", "op: gt", True),
        ("min_size: 50", "min_size: 50\n  exit_after_days: 7", True),
        ("entity: customer", "entity: customer\nkpi_breakdown: false", False),
    ],
)
def test_only_what_decides_membership_needs_a_version(root: Path, run, old: str, new: str, is_refused: bool) -> None:
    change(root, old, new)
    assert ("SEG408" in run("lint", "--base", "HEAD").output) == is_refused


def test_writing_a_rule_in_another_order_is_no_change(root: Path, run) -> None:
    document = yaml.safe_load((root / FILE).read_text())
    (leaf,) = document["segments"][0]["rules"]["all"]
    turned = dict(reversed(leaf.items()))
    document["segments"][0]["rules"]["all"] = [turned]
    (root / FILE).write_text(yaml.safe_dump(document, sort_keys=False))
    assert git(root, "diff", "--stat")
    assert run("lint", "--base", "HEAD").exit_code == 0


def test_another_priority_is_a_change(root: Path, run) -> None:
    document = yaml.safe_load((root / FILE).read_text())
    payer = {"all": [{"id": "paying", "feature": "is_paying", "op": "eq", "value": True}]}
    document["segments"].append({**document["segments"][0], "key": "payer", "rules": payer})
    (root / FILE).write_text(yaml.safe_dump(document, sort_keys=False))
    git(root, "commit", "-qam", "two segments")
    document["segments"].reverse()
    (root / FILE).write_text(yaml.safe_dump(document, sort_keys=False))
    refused = run("lint", "--base", "HEAD")
    assert "SEG408 segment payer: it went before power_user" in refused.output


def test_a_new_segment_and_a_base_without_any_are_no_change(root: Path, run) -> None:
    git(root, "checkout", "-q", "--orphan", "empty")
    git(root, "rm", "-rqf", "--cached", ".")
    git(root, "commit", "-q", "--allow-empty", "-m", "nothing")
    assert run("lint", "--base", "HEAD").exit_code == 0


@pytest.mark.parametrize("revision", ["nope", "--upload-pack=x", "HEAD:README.md"])
def test_a_base_that_is_no_revision_is_wrong_usage(run, revision: str) -> None:
    result = run("lint", f"--base={revision}")
    assert result.exit_code == 2
    assert "no revision" in result.output
