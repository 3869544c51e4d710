"""The pages of `docs/segments/lint` as projects: what stands in them is what the tests lint."""

from __future__ import annotations

import copy
import re
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from segmentry.definitions.catalogue import read_catalogue
from segmentry.definitions.findings import Finding
from segmentry.definitions.model import FOLDER, Definitions, read_definitions
from segmentry.segments.lint import Limits, lint
from segmentry.segments.versions import unversioned_changes

PAGES = Path(__file__).resolve().parents[2] / "docs" / "segments" / "lint"
LIMITS = Limits(history_weeks=104, as_of=date(2026, 11, 25))
FILE = f"{FOLDER}/segments/engagement.yml"


def blocks(name: str) -> dict[str, str]:
    """Heading -> YAML block below it."""
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    parts = re.split(r"^#+ (?!definitions/)(.*)$", text, flags=re.MULTILINE)[1:]
    found = {
        title: re.findall(r"```yaml\n(.*?)```", body, re.DOTALL)
        for title, body in zip(parts[::2], parts[1::2], strict=True)
    }
    return {title: codes[0] for title, codes in found.items() if codes}


def base() -> dict[str, Any]:
    """The definition that every example starts from."""
    return yaml.safe_load(_readme()[0])


def project(folder: Path, example: str) -> Path:
    """A project that holds one example: what a definition has instead, or whole files below lines with their names."""
    files = {"models/marts/core/features.yml": _readme()[1]}
    parts = re.split(rf"^# ({FOLDER}/\S+)\n", example, flags=re.MULTILINE)
    files |= dict(zip(parts[1::2], parts[2::2], strict=True)) if len(parts) > 1 else {FILE: _whole(example)}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def findings(folder: Path, example: str, before: str | None = None) -> list[Finding]:
    """What lint says of an example (as a change of `before`)."""
    root = project(folder / "now", example)
    definitions = read_definitions(root)
    found = lint(definitions, read_catalogue(root), LIMITS)
    if before is not None:
        old: Definitions = read_definitions(project(folder / "before", before))
        found += unversioned_changes(old, definitions, "base")
    return found


def text_of(definition: dict[str, Any]) -> str:
    """The file of a definition."""
    return yaml.safe_dump(definition, sort_keys=False)


def _whole(example: str) -> str:
    if example.startswith("dimension:"):
        return example
    given, whole = yaml.safe_load(example), base()
    segment = whole["segments"][0]
    segments = [{**copy.deepcopy(segment), **item} for item in given.pop("segments", [{}])]
    return text_of({**whole, **given, "segments": segments})


def _readme() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", (PAGES / "README.md").read_text(encoding="utf-8"), re.DOTALL)
