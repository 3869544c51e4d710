"""What the documents promise: links lead somewhere, decisions are indexed, versions follow from the changelog."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
DECISIONS = ROOT / "docs" / "decisions"
LINK = re.compile(r"\[[^\]]*\]\((?!https?://|mailto:)([^)#\s]*)(#[^)\s]*)?\)")
ON_THE_SITE = {"docs/dbt/index.html": "written by dbt when the site is built"}


def documents() -> list[Path]:
    """Every page that people read."""
    folders = [ROOT.glob("*.md"), (ROOT / "docs").rglob("*.md"), (ROOT / "benchmarks").rglob("*.md")]
    return [path for folder in folders for path in sorted(folder)]


def anchors(page: Path) -> set[str]:
    """The ids of a page's headings, as Git hosts and MkDocs make them."""
    headings = re.findall(r"^#+ (.*)", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip()) for heading in headings}


def broken_links(page: Path) -> list[str]:
    """Links of a page that lead to no file, or to no heading of a page."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = []
    for address, anchor in LINK.findall(text):
        target = (page.parent / address).resolve() if address else page
        if target.is_relative_to(ROOT) and str(target.relative_to(ROOT)) in ON_THE_SITE:
            continue
        if not target.exists() or (anchor and target.suffix == ".md" and anchor[1:] not in anchors(target)):
            found.append(f"{address}{anchor}")
    return found


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text("# A title, here\n[x](b.md) [y](#a-title-here) [z](#other) ```\n[code](c.md)\n```\n")
    assert broken_links(page) == ["b.md", "#other"]


def test_every_decision_is_indexed_and_has_its_parts() -> None:
    indexed = re.findall(r"\]\(([\w-]+\.md)\)", (DECISIONS / "index.md").read_text(encoding="utf-8"))
    pages = sorted(path.name for path in DECISIONS.glob("*.md") if path.name != "index.md")
    assert sorted(indexed) == pages
    for name in pages:
        text = (DECISIONS / name).read_text(encoding="utf-8")
        assert "**Question.**" in text, name
        assert "**Decision.**" in text, name


def test_definitions_are_where_the_guide_says() -> None:
    page = (ROOT / "docs" / "how-to" / "find-a-definition.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and "?" in line]
    assert len(rows) == 8
    for row in rows:
        named = re.findall(r"`([\w/<>.]+\.(?:sql|yml|csv))`", row)
        assert len(named) == 2
        assert [path for path in named if "<" not in path and not (ROOT / path).is_file()] == []


def versions(changelog: str) -> list[tuple[tuple[int, int, int], bool]]:
    """Every version of the changelog, newest first, and whether it has a breaking row."""
    found = []
    for section in re.split(r"^## (?=\d)", changelog, flags=re.MULTILINE)[1:]:
        major, minor, patch = section.split()[0].split(".")
        cells = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
        found.append(((int(major), int(minor), int(patch)), any(row[-2].strip().startswith("yes") for row in cells)))
    return found


def test_a_breaking_change_raises_the_minor_version() -> None:
    known = versions((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert [version for version, _ in known] == sorted((version for version, _ in known), reverse=True)
    assert [version for version, breaks in known if breaks and version[2] != 0] == []


def test_the_version_is_that_of_the_changelog() -> None:
    newest = ".".join(map(str, versions((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))[0][0]))
    assert tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"] == newest
    assert yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["version"] == newest


def test_renames_name_columns_that_are_there() -> None:
    renames = yaml.safe_load((ROOT / "docs" / "reference" / "renames-0.2.yml").read_text(encoding="utf-8"))
    pages = {p.stem: p.read_text(encoding="utf-8") for p in (ROOT / "docs" / "reference" / "marts").glob("*.md")}
    for table, columns in renames["columns"].items():
        schema, name = table.split(".")
        section = re.split(r"^## ", pages[schema], flags=re.MULTILINE)
        (text,) = [part for part in section if part.startswith(f"{name}\n")]
        listed = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
        assert set(columns.values()) <= listed, name
        assert not set(columns) & listed, name
    for old, new in renames["tables"].items():
        assert f"## {new.split('.')[1]}\n" in pages[new.split(".")[0]]
        assert f"## {old.split('.')[1]}\n" not in pages[old.split(".")[0]]


@pytest.mark.parametrize(
    ("exposure", "sources"), [("headline_figures", "**/headline.py"), ("audience_exports", "activation/*.py")]
)
def test_exposures_name_what_their_code_reads(exposure: str, sources: str) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "segmentry").glob(sources)))
    read = set(re.findall(r"\b(?:core|kpis|segments|reports|trust)\.((?:dim|fct|kpi|seg|segment|audience)_\w+)", text))
    exposures = yaml.safe_load((ROOT / "models" / "exposures.yml").read_text(encoding="utf-8"))["exposures"]
    (named,) = [e["depends_on"] for e in exposures if e["name"] == exposure]
    assert {ref.removeprefix("ref('").removesuffix("')") for ref in named} == read
