"""`definitions compile`: the files that follow from the definitions, as text.

SQL is ordinary dbt SQL, checked in. Each file names its source and this command in its first lines.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2

from segmentry.definitions.catalogue import Feature, read_features
from segmentry.definitions.dialects import DbtSql, Dialect
from segmentry.definitions.fixtures import unit_tests
from segmentry.definitions.hashes import UNKNOWN_HASH, definition_hash, rule_hash, rule_key
from segmentry.definitions.layers import customer_counts, is_steady, layers, percentiles
from segmentry.definitions.model import CATCH_ALL, Definitions, Dimension, Rule, Segment
from segmentry.definitions.operators import OPERATORS
from segmentry.definitions.rules import Condition, Context, condition, condition_text, leaves, rule_text

COMMAND = "segmentry definitions compile"
MARK = f"Compiled by `{COMMAND}`"
TRAITS = ("engagement", "lifecycle", "firmographic")
"""Dimensions that go with the members of an audience."""

_INTERMEDIATE = "models/intermediate/segments"
_MARTS = "models/marts/segments"
_TESTS = "tests/dbt/singular"
_SEEDS = "seeds/definitions"
_TEMPLATES = Path(__file__).with_name("templates")
_SAID = {
    "value_seen": "{{ dbt.type_string() }}",
    "distance": "{{ type_double() }}",
    "is_passed": "boolean",
    "is_segment_passed": "boolean",
    "is_member": "boolean",
}
_FEATURE_KINDS = {"integer": "number", "number": "number", "boolean": "yes_no", "text": "category"}
_NO_PROFILE = {"customer_id", "account_id"}


@dataclass(frozen=True)
class Compiler:
    """Definitions and features as SQL of a dialect."""

    definitions: Definitions
    features: Mapping[str, Mapping[str, Feature]]
    dialect: Dialect

    # ---- who has which columns

    @cached_property
    def dimensions(self) -> list[Dimension]:
        """In the order of their names: that of columns and of the segment set key."""
        return sorted(self.definitions.dimensions, key=lambda dimension: dimension.name)

    @cached_property
    def retired(self) -> list[Dimension]:
        """Definitions no longer in force, compiled for the history."""
        return [old for dimension in self.dimensions for old in dimension.previous]

    def of(self, entity: str) -> list[Dimension]:
        """Dimensions and audiences of an entity that are in force."""
        return [dimension for dimension in self.dimensions if dimension.entity == entity]

    def exclusive(self, entity: str) -> list[Dimension]:
        """Dimensions that an entity has a segment in: a customer has those of its account as well."""
        return [d for d in self.dimensions if d.exclusive and d.entity in {entity, "account"}]

    def replaced(self, entity: str) -> list[Dimension]:
        """Definitions no longer in force of dimensions that KPIs are broken down by."""
        return [old for old in self.retired if old.entity in {entity, "account"} and old.kpi_breakdown]

    def in_sets(self, entity: str) -> list[str]:
        """What a combination of segments is made of: each KPI breakdown under every definition there was."""
        now = [dimension.name for dimension in self.exclusive(entity) if dimension.kpi_breakdown]
        return now + [old.name for old in self.replaced(entity)]

    def context(self, entity: str) -> Context:
        """What an entity's rules are compiled against."""
        return Context(entity, self.features, self.dialect, {d.name: d for d in self.dimensions})

    def ruled(self, entity: str, with_retired: bool = True) -> list[Dimension]:
        """Dimensions and audiences of an entity that rules decide."""
        old = [dimension for dimension in self.retired if dimension.entity == entity] if with_retired else []
        return [dimension for dimension in [*self.of(entity), *old] if dimension.hand_written is None]

    # ---- models

    def entity_segments(self, entity: str) -> str:
        """The model `int_<entity>_segments`."""
        context = self.context(entity)
        decided = layers(self.ruled(entity), context, "known")
        of_accounts = [d.name for d in [*self.exclusive("account"), *self.replaced("account")]]
        columns = [d.column for d in self.exclusive(entity)]
        columns += [d.column for d in self.of(entity) if d.is_audience]
        columns += [old.column for old in self.retired if old.entity == entity]
        if entity == "customer":
            columns += [old.column for old in self.replaced("account")]
        parts = [f"'|{name}=' || {name}" for name in self.in_sets(entity)]
        return self._render(
            f"int_{entity}_segments",
            counts=customer_counts(self.ruled("account"), context) if entity == "account" else {},
            hand_written=[d for d in self.of(entity) if d.hand_written],
            of_accounts=of_accounts,
            layers=decided.text,
            decided=decided.name,
            columns=columns,
            set_key="\n        ".join(self.dialect.key(parts)),
        )

    def models(self) -> dict[str, str]:
        """Path -> SQL of each model that depends on the list of definitions, without a header."""
        kpi = {entity: [d.name for d in self.exclusive(entity) if d.kpi_breakdown] for entity in ("customer", "account")}
        found = {
            f"{_INTERMEDIATE}/int_customer_segments": self.entity_segments("customer"),
            f"{_INTERMEDIATE}/int_account_segments": self.entity_segments("account"),
            f"{_INTERMEDIATE}/int_segment_sets": self._render("int_segment_sets", dimensions=kpi["customer"]),
            f"{_INTERMEDIATE}/int_account_segment_sets": self._render(
                "int_account_segment_sets", dimensions=kpi["account"]
            ),
            f"{_INTERMEDIATE}/int_segment_set_previous_definitions": self._render(
                "int_segment_set_previous_definitions",
                replaced={e: [old.name for old in self.replaced(e)] for e in ("customer", "account")},
            ),
            f"{_INTERMEDIATE}/int_audience_members": self._audience_members(),
            f"{_MARTS}/segment_membership_history": self._history(),
            f"{_MARTS}/segment_explanations": self._explanations(),
            f"{_MARTS}/segment_feature_totals": self._feature_totals(),
            f"{_TESTS}/assert_history_holds_the_members_of_every_date": self._history_test(),
        }
        return {f"{path}.sql": text for path, text in found.items()}

    def view(self, dimension: Dimension) -> str:
        """The model that shows a dimension's members."""
        return self._render("seg" if dimension.exclusive else "audience", dimension=dimension, traits=TRAITS)

    def _audience_members(self) -> str:
        entities = [
            {
                "name": entity,
                "traits": {t: t in {d.name for d in self.exclusive(entity)} for t in TRAITS},
                "audiences": [d.name for d in self.of(entity) if d.is_audience],
            }
            for entity in ("customer", "account")
        ]
        return self._render("int_audience_members", entities=entities, traits=TRAITS)

    def _history(self) -> str:
        entities = []
        for entity, key in (("customer", "customer_key"), ("account", "account_id")):
            defined = self.of(entity) + [old for old in self.retired if old.entity == entity]
            states = {
                d.name: d.name if d.exclusive else f"case when {d.column} then '{d.title}' else '' end as {d.name}"
                for d in defined
            }
            entities.append({"name": entity, "key": key, "states": states})
        return self._render("segment_membership_history", entities=entities)

    def _history_test(self) -> str:
        entities = [
            {
                "name": entity,
                "states": {
                    d.name: d.name if d.exclusive else f"case when {d.column} then '{d.title}' else '' end"
                    for d in self.of(entity)
                },
            }
            for entity in ("customer", "account")
        ]
        return self._render("assert_history_holds_the_members_of_every_date", entities=entities)

    def _explanations(self) -> str:
        entities: list[dict[str, Any]] = []
        counts = customer_counts(self.ruled("account", False), self.context("account"))
        for entity in ("customer", "account"):
            ruled = self.ruled(entity, False)
            columns = [d.column for d in self.exclusive(entity)] + [d.column for d in self.of(entity) if d.is_audience]
            segments = [
                {
                    "name": f"{d.name}__{s.key}",
                    "condition": _column(condition(s.rules, self.context(entity))),
                }
                for d in ruled
                for _, s in d.segments
                if s.rules
            ]
            entities.append(
                {
                    "name": entity,
                    "ranks": {name: "\n        ".join(lines) for name, lines in percentiles(ruled).items()},
                    "counts": counts if entity == "account" else {},
                    "columns": columns,
                    "segments": segments,
                    "rules": self._explained(entity),
                }
            )
        return self._render("segment_explanations", entities=entities, counts=counts, said=_SAID)

    def _explained(self, entity: str) -> list[dict[str, Any]]:
        """What is said of each rule, in SQL, by its number."""
        context, found = self.context(entity), []
        for dimension, segment, rule, rule_id, _ in self.rules(entity):
            operator = OPERATORS[rule.op]
            seen = operator.seen(rule, context)
            feature = context.feature(seen)
            is_double = operator.form == "share" or (feature is not None and feature.declared in {"double", "float"})
            distances = operator.distances(rule, context)
            distance = next(iter(distances), None)
            if len(distances) > 1:
                distance = "\n".join(["least(", *(f"                {d}," for d in distances)]).removesuffix(",") + "\n            )"
            found.append(
                {
                    "key": rule_key(dimension.name, segment.key, rule_id),
                    "value_seen": self.dialect.double_text(seen)
                    if is_double
                    else f"cast({seen} as {self.dialect.string})",
                    "distance": distance,
                    "is_passed": "\n            ".join(condition(rule, context).lines()),
                    "name": f"{dimension.name}.{segment.key}",
                    "is_segment_passed": f"passes__{dimension.name}__{segment.key}",
                    "is_member": f"{dimension.name} = '{segment.key}'" if dimension.exclusive else dimension.column,
                }
            )
        return found

    def _feature_totals(self) -> str:
        entities = []
        for entity in ("customer", "account"):
            named = {kind: [n for n, k in self.profiled(entity) if k == kind] for kind in _FEATURE_KINDS.values()}
            entities.append(
                {
                    "name": entity,
                    "numbers": named["number"],
                    "answers": named["yes_no"],
                    "categories": named["category"],
                    "measured": named["number"] + named["yes_no"],
                }
            )
        measures = {"known": "_n", "total": "_sum", "squares": "_squares"}
        return self._render("segment_feature_totals", entities=entities, measures=measures)

    # ---- seeds

    def rules(self, entity: str) -> list[tuple[Dimension, Segment, Rule, str, bool]]:
        """All leaves of the definitions of an entity that are in force, in order, each with its id and negation."""
        return [
            (dimension, segment, rule, rule.id or str(place), is_negated)
            for dimension in self.ruled(entity, False)
            for _, segment in dimension.segments
            for place, (rule, is_negated) in enumerate(leaves(segment.rules), 1)
        ]

    def profiled(self, entity: str) -> list[tuple[str, str]]:
        """Features that segments are profiled by, with their kind: neither ids nor dates."""
        kinds = {name: _FEATURE_KINDS.get(f.kind) for name, f in self.features.get(entity, {}).items()}
        found = [(name, kind) for name, kind in kinds.items() if kind and name not in _NO_PROFILE]
        return sorted(found, key=lambda pair: list(_FEATURE_KINDS.values()).index(pair[1]))

    def seeds(self) -> dict[str, list[dict[str, Any]]]:
        """Name -> rows."""
        return {
            "dimension_definitions": [self._definition(d) for d in [*self.dimensions, *self.retired]],
            "segment_definitions": [row for d in [*self.dimensions, *self.retired] for row in self._segments(d)],
            "segment_rules": [row for entity in ("customer", "account") for row in self._rules(entity)],
            "profile_features": [
                {"entity_type": entity, "feature": name, "feature_kind": kind}
                for entity in ("customer", "account")
                for name, kind in self.profiled(entity)
            ],
        }

    def _definition(self, dimension: Dimension) -> dict[str, Any]:
        return {
            "entity_type": dimension.entity,
            "dimension": dimension.title,
            "definition_version": dimension.version,
            "definition_hash": definition_hash(dimension),
            "is_exclusive": dimension.exclusive,
            "kpi_breakdown": dimension.kpi_breakdown,
            "holdout_share": 0 if dimension.exclusive else dimension.segments[0][1].holdout_share,
            "state": dimension.name,
            "retired_on": dimension.retired_on,
        }

    def _segments(self, dimension: Dimension) -> Iterable[dict[str, Any]]:
        shared = {
            "entity_type": dimension.entity,
            "dimension": dimension.title,
            "is_exclusive": dimension.exclusive,
            "definition_version": dimension.version,
            "definition_hash": definition_hash(dimension),
            "retired_on": dimension.retired_on,
        }
        for order, (index, segment) in enumerate(dimension.segments, 1):
            yield shared | {
                "segment_key": segment.key,
                "segment_name": segment.name,
                "segment_description": segment.description,
                "rule_text": rule_text(segment),
                "segment_version": segment.version,
                "rule_hash": rule_hash(dimension, index),
                "owner": segment.owner,
                "tactic": segment.tactic,
                "goal_kpi": segment.goal_kpi,
                "holdout_share": segment.holdout_share,
                "min_size": segment.min_size,
                "review_by": segment.review_by,
                "sort_order": order,
            }
        if dimension.exclusive:
            yield shared | {
                "segment_key": CATCH_ALL,
                "segment_name": "Unknown",
                "segment_description": "Those whom no other segment of the dimension takes",
                "rule_text": f"What the rules of {dimension.title} read is missing, or none of them holds",
                "segment_version": 1,
                "rule_hash": UNKNOWN_HASH,
                "sort_order": len(dimension.segments) + 1,
            }

    def _rules(self, entity: str) -> Iterable[dict[str, Any]]:
        for dimension, segment, rule, rule_id, is_negated in self.rules(entity):
            yield {
                "entity_type": entity,
                "rule_key": rule_key(dimension.name, segment.key, rule_id),
                "dimension": dimension.name,
                "segment_key": segment.key,
                "priority": [s.key for _, s in dimension.segments].index(segment.key) + 1,
                "rule_id": rule_id,
                "rule_text": condition_text(rule),
                "is_negated": is_negated,
                "threshold": rule.value,
                "is_steady": is_steady(segment),
            }

    def _render(self, template: str, **values: Any) -> str:
        text = _environment().get_template(f"{template}.sql").render(ref=self.dialect.ref, **values)
        # a line of Jinja takes the empty line behind it along
        return re.sub(r"(?<=[^\n])\n(?=\)(,|$))", "\n\n", text, flags=re.MULTILINE).rstrip() + "\n"


def _column(text: Condition) -> str:
    lines = text.lines()
    if len(lines) == 1:
        return lines[0]
    return "\n        ".join(["(", *(f"    {line}" for line in lines), ")"])


def _environment() -> jinja2.Environment:
    """Templates of SQL with dbt's own braces in it: ours are brackets, and lines that begin with `--%`."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
        line_statement_prefix="--%",
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 (SQL, not HTML)
    )


# ---- files


def compiled_files(definitions: Definitions, project_dir: Path) -> dict[Path, str]:
    """Every file that follows from the definitions, with its text. Raises UsageError at a circle of segments."""
    compiler = Compiler(definitions, read_features(project_dir), DbtSql())
    everything = "definitions/"
    found = {project_dir / path: _sql(text, everything) for path, text in compiler.models().items()}
    for name, rows in compiler.seeds().items():
        found[project_dir / _SEEDS / f"{name}.csv"] = _csv(rows, _SEED_COLUMNS[name])
    for dimension in compiler.dimensions:
        folder = f"{_MARTS}/audiences" if dimension.is_audience else _MARTS
        path = dimension.root / folder / f"{dimension.model}.sql"
        if not (dimension.hand_written and _is_own(path)):
            found[path] = _sql(compiler.view(dimension), dimension.file)
            found[path.with_suffix(".yml")] = _yaml(_view_yaml(dimension), dimension.file)
        if dimension.hand_written is None:
            tests = unit_tests(dimension, compiler.ruled(dimension.entity, False), compiler.context(dimension.entity))
            if tests:
                file = dimension.root / _INTERMEDIATE / "fixtures" / f"{dimension.name}__unit_tests.yml"
                found[file] = _yaml(tests, dimension.file)
    for entity in ("customer", "account"):
        text = _segments_yaml(compiler, entity)
        found[project_dir / _INTERMEDIATE / f"int_{entity}_segments.yml"] = _yaml(text, everything)
    return found


def stale_files(definitions: Definitions, project_dir: Path) -> tuple[dict[Path, str], list[Path]]:
    """Files that are missing or differ, with their text, and compiled files that nothing makes any more."""
    wanted = compiled_files(definitions, project_dir)
    written = {path for root in {project_dir, *(d.root for d in definitions.dimensions)} for path in _compiled(root)}
    differing = {path: text for path, text in wanted.items() if _text(path) != text}
    return differing, sorted(written - set(wanted))


def _compiled(root: Path) -> Iterable[Path]:
    folders = (f"{_INTERMEDIATE}", f"{_INTERMEDIATE}/fixtures", _MARTS, f"{_MARTS}/audiences")
    for folder in folders:
        for path in (root / folder).glob("*.*"):
            if path.suffix in {".sql", ".yml"} and not _is_own(path):
                yield path


def _is_own(path: Path) -> bool:
    """Whether somebody wrote the file by hand."""
    text = _text(path)
    return text is not None and MARK not in text[:200]


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _sql(text: str, source: str) -> str:
    return f"-- {MARK} from {source}. Change it there.\n{text}"


def _yaml(text: str, source: str) -> str:
    return f"# {MARK} from {source}. Change it there.\nversion: 2\n\n{text}"


_SEED_COLUMNS = {
    "dimension_definitions": [
        "entity_type",
        "dimension",
        "definition_version",
        "definition_hash",
        "is_exclusive",
        "kpi_breakdown",
        "holdout_share",
        "state",
        "retired_on",
    ],
    "segment_definitions": [
        "entity_type",
        "dimension",
        "segment_key",
        "segment_name",
        "segment_description",
        "rule_text",
        "is_exclusive",
        "definition_version",
        "definition_hash",
        "segment_version",
        "rule_hash",
        "owner",
        "tactic",
        "goal_kpi",
        "holdout_share",
        "min_size",
        "review_by",
        "retired_on",
        "sort_order",
    ],
    "segment_rules": [
        "entity_type",
        "rule_key",
        "dimension",
        "segment_key",
        "priority",
        "rule_id",
        "rule_text",
        "is_negated",
        "threshold",
        "is_steady",
    ],
    "profile_features": ["entity_type", "feature", "feature_kind"],
}


def _csv(rows: list[dict[str, Any]], columns: list[str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(row.get(name)) for name in columns})
    return out.getvalue()


def _cell(value: Any) -> Any:
    return str(value).lower() if value is True or value is False else value


def _view_yaml(dimension: Dimension) -> str:
    from segmentry.definitions.yaml_files import view_yaml

    return view_yaml(dimension, TRAITS)


def _segments_yaml(compiler: Compiler, entity: str) -> str:
    from segmentry.definitions.yaml_files import segments_yaml

    return segments_yaml(compiler, entity)

