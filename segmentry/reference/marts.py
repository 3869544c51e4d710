"""The pages of the marts: grain, key, questions and columns, read from the YAML beside the models."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from segmentry.reference.markdown import document, table

SCHEMAS = {
    "core": "Entities and what happened: customers, accounts, orders, sessions, tickets, and their features over time.",
    "segments": "Who is in which segment, why, since when, and what sets a segment apart.",
    "kpis": "Numbers by period and segment. `segment_dimension = 'all'` is the total row.",
    "reports": "Funnels, paths, trends, experiments and campaigns.",
    "trust": "What arrived, what was refused, what changed afterwards, and what was published.",
}
PROMISES = """
Every mart has an enforced contract and a tested key. Names, keys and meanings change only with a row in the
[changelog](../../CHANGELOG.md). The same rules hold in every mart:

- `period_grain` is `day`, `week` or `month`; `period_start` is the first local day of the period.
- A ratio stands beside its numerator and denominator, and is NULL where the denominator is 0.
- NULL means unknown. It never means zero.
- A breakdown uses the segment from before the period began, so membership cannot be an effect of the period.
""".strip().splitlines()
DESCRIBE_THEMSELVES = ("seg_", "audience_")
"""Marts that come from a definition: what they hold is their description, so questions are optional."""
_QUESTIONS = Path(__file__).with_name("questions.yml")
_DOC = re.compile(r"{{\s*doc\(['\"](\w+)['\"]\)\s*}}")


@dataclass(frozen=True)
class Mart:
    """A mart as its YAML describes it."""

    name: str
    schema: str
    description: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, str, str], ...]
    questions: tuple[str, ...]

    @property
    def grain(self) -> str:
        """What one row is: the description up to its first colon, full stop or semicolon, without parentheses."""
        outside = re.sub(r"\s*\([^()]*\)", "", self.description)
        return re.split(r"[:.;](?:\s|$)", outside, maxsplit=1)[0].removeprefix("One row per ")


def read(root: Path) -> list[Mart]:
    """Every mart of the project. Raises ValueError if a mart has no question, or a question has no mart."""
    blocks = dict(_doc_blocks(root))
    questions = yaml.safe_load(_QUESTIONS.read_text(encoding="utf-8"))
    found = []
    for schema in SCHEMAS:
        for path in sorted((root / "models" / "marts" / schema).rglob("*.yml")):
            for entry in (yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}).get("models", []):
                asked = tuple(questions.pop(entry["name"], ()))
                if not asked and not entry["name"].startswith(DESCRIBE_THEMSELVES):
                    raise ValueError(f"{entry['name']} answers no question: add one to {_QUESTIONS.relative_to(root)}")
                found.append(_mart(entry, schema, asked, blocks))
    if questions:
        raise ValueError(f"{_QUESTIONS.relative_to(root)}: no mart is named {', '.join(questions)}")
    return found


def overview(marts: Sequence[Mart]) -> str:
    """The page that lists all marts."""
    sections = []
    for schema, purpose in SCHEMAS.items():
        rows = [
            [f"[`{mart.name}`](marts/{schema}.md#{mart.name})", mart.grain, " ".join(mart.questions)]
            for mart in marts
            if mart.schema == schema
        ]
        sections += [
            [f"## {schema}"],
            [purpose],
            table(["mart", "one row per", "questions it answers"], rows),
        ]
    return document("the YAML of the models or segmentry/reference/questions.yml", ["# Marts"], PROMISES, *sections)


def page(schema: str, marts: Iterable[Mart]) -> str:
    """The page of one schema, with the columns of each mart."""
    blocks: list[list[str]] = [[f"# Marts of {schema}"], [SCHEMAS[schema]]]
    for mart in marts:
        if mart.schema == schema:
            blocks += [
                [f"## {mart.name}"],
                [mart.description],
                [f"**Key:** {', '.join(f'`{column}`' for column in mart.key)}"],
                *([[f"- {question}" for question in mart.questions]] if mart.questions else []),
                table(["column", "type", "meaning"], ([f"`{name}`", kind, text] for name, kind, text in mart.columns)),
            ]
    return document("the YAML of the models, or models/docs", *blocks)


def _mart(entry: dict[str, Any], schema: str, questions: tuple[str, ...], blocks: dict[str, str]) -> Mart:
    columns = entry.get("columns", [])
    return Mart(
        name=entry["name"],
        schema=schema,
        description=_resolved(entry["description"], blocks),
        key=_key(entry, columns),
        columns=tuple((c["name"], c.get("data_type", ""), _resolved(c["description"], blocks)) for c in columns),
        questions=questions,
    )


def _key(entry: dict[str, Any], columns: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    for test in entry.get("data_tests", []):
        if isinstance(test, dict) and "unique_combination" in test:
            return tuple(test["unique_combination"]["arguments"]["columns"])
    return tuple(column["name"] for column in columns if "unique" in column.get("data_tests", []))


def _doc_blocks(root: Path) -> Iterable[tuple[str, str]]:
    block = re.compile(r"{%-?\s*docs\s+(\w+)\s*-?%}(.*?){%-?\s*enddocs\s*-?%}", re.DOTALL)
    for path in sorted((root / "models").rglob("*.md")):
        yield from block.findall(path.read_text(encoding="utf-8"))


def _resolved(text: str, blocks: dict[str, str]) -> str:
    return " ".join(_DOC.sub(lambda match: blocks[match.group(1)], text).split())
