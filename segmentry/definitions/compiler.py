"""Definitions as SQL: the models that depend on the list of dimensions and audiences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2

from segmentry.definitions.catalogue import Feature
from segmentry.definitions.dialects import Dialect
from segmentry.definitions.hashes import rule_key
from segmentry.definitions.layers import customer_counts, layers, percentiles
from segmentry.definitions.model import Definitions, Dimension, Rule, Segment
from segmentry.definitions.operators import OPERATORS
from segmentry.definitions.rules import Condition, Context, condition, leaves

TRAITS = ("engagement", "lifecycle", "firmographic")
"""Dimensions that go with the members of an audience."""

ENTITIES = ("customer", "account")
INTERMEDIATE = "models/intermediate/segments"
MARTS = "models/marts/segments"

_TESTS = "tests/dbt/singular"
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
        kpi = {entity: [d.name for d in self.exclusive(entity) if d.kpi_breakdown] for entity in ENTITIES}
        found = {
            f"{INTERMEDIATE}/int_customer_segments": self.entity_segments("customer"),
            f"{INTERMEDIATE}/int_account_segments": self.entity_segments("account"),
            f"{INTERMEDIATE}/int_segment_sets": self._render("int_segment_sets", dimensions=kpi["customer"]),
            f"{INTERMEDIATE}/int_account_segment_sets": self._render(
                "int_account_segment_sets", dimensions=kpi["account"]
            ),
            f"{INTERMEDIATE}/int_segment_set_previous_definitions": self._render(
                "int_segment_set_previous_definitions",
                replaced={e: [old.name for old in self.replaced(e)] for e in ENTITIES},
            ),
            f"{INTERMEDIATE}/int_audience_members": self._audience_members(),
            f"{MARTS}/segment_membership_history": self._history(),
            f"{MARTS}/segment_explanations": self._explanations(),
            f"{MARTS}/segment_feature_totals": self._feature_totals(),
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
            for entity in ENTITIES
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
            for entity in ENTITIES
        ]
        return self._render("assert_history_holds_the_members_of_every_date", entities=entities)

    def _explanations(self) -> str:
        entities: list[dict[str, Any]] = []
        counts = customer_counts(self.ruled("account", False), self.context("account"))
        for entity in ENTITIES:
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
                bounds = ",\n".join(f"                {bound}" for bound in distances)
                distance = f"least(\n{bounds}\n            )"
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
        for entity in ENTITIES:
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

    # ---- lists

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
