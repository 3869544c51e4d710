"""The page of settings: vars of dbt_project.yml with their reasons, and variables of the environment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from segmentry.reference.markdown import document, table

ENVIRONMENT = Path(__file__).with_name("environment.yml")
_VAR = re.compile(r"  (?P<name>\w+): (?P<default>\".*?\"|.*?)\s+# (?P<reason>.*)")


def page(root: Path) -> str:
    """The page of settings. Raises ValueError for a var without a reason."""
    known = yaml.safe_load(ENVIRONMENT.read_text(encoding="utf-8"))
    groups = variables((root / "dbt_project.yml").read_text(encoding="utf-8"))
    return document(
        "dbt_project.yml or segmentry/reference/environment.yml",
        ["# Configuration"],
        [
            "Segmentry has two kinds of settings. **Vars** change what the marts say. They live in `dbt_project.yml`",
            "and are validated before a run starts. **Environment variables** change where and how a run works.",
        ],
        ["## Vars"],
        [
            "Set a var for one run with `segmentry build --set NAME=VALUE`, or for good in `dbt_project.yml`. When",
            "a var that an incremental table depends on has changed, the next build rebuilds that table.",
        ],
        *_sections("var", ((f"{title[:1].upper()}{title[1:]}", rows) for title, rows in groups)),
        ["## Environment variables"],
        ["Set these in the shell or the service unit. A command-line option wins over its variable."],
        *_sections(
            "variable",
            (
                (title, [[f"`{name}`", f"`{default}`", text] for name, (default, text) in entries.items()])
                for title, entries in known.items()
            ),
        ),
    )


def _sections(kind: str, groups: Iterable[tuple[str, list[list[str]]]]) -> Iterator[list[str]]:
    for title, rows in groups:
        yield [f"### {title}"]
        yield table([kind, "default", "what it sets"], rows)


def variables(text: str) -> Iterator[tuple[str, list[list[str]]]]:
    """Title of every group of vars, and a row for each of its vars."""
    block = re.split(r"^\S", text.split("\nvars:\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    title = ""
    rows: list[list[str]] = []
    for line in block.splitlines():
        if line.startswith("  # ---- "):
            if rows:
                yield title, rows
            title, rows = line.removeprefix("  # ---- "), []
        elif line.strip():
            match = _VAR.fullmatch(line)
            if not match:
                raise ValueError(f"dbt_project.yml: give this var a reason on its own line: {line.strip()}")
            rows.append([f"`{match['name']}`", f"`{match['default']}`", match["reason"]])
    yield title, rows
