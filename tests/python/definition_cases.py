"""Small definitions and what they compile to, run by DuckDB over literal rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import yaml

from segmentry.definitions.catalogue import Feature
from segmentry.definitions.compiler import Compiler
from segmentry.definitions.dialects import Dialect, DuckDBSql
from segmentry.definitions.layers import layers
from segmentry.definitions.model import Definitions, Group, Rule, read_text
from segmentry.definitions.rules import condition

ROOT = Path(__file__).resolve().parents[2]
FEATURES = {
    "customer": {
        "plan_id": Feature("plan_id", "text", declared="string"),
        "orders": Feature("orders", "integer", declared="integer"),
        "net_spend": Feature("net_spend", "number", declared="decimal(18,2)"),
        "score": Feature("score", "number", declared="double"),
        "is_paying": Feature("is_paying", "boolean", declared="boolean"),
        "first_seen_on": Feature("first_seen_on", "date", declared="date"),
    },
    "account": {
        "members": Feature("members", "integer", declared="integer"),
        "industry": Feature("industry", "text", declared="string"),
    },
}
_STEERING = {
    "version": 1,
    "min_size": 0,
    "owner": "growth@example.com",
    "goal_kpi": "kpi_active_customers",
    "tactic": "A call",
    "holdout_share": 0.1,
    "review_by": "2027-03-31",
}


def leaf(feature: str | None, op: str, value: Any = None, **more: Any) -> dict[str, Any]:
    found = {"id": "r", "feature": feature, "op": op, "value": value} | more
    return {name: item for name, item in found.items() if item is not None}


def segment(key: str, rules: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A segment of which the rules matter; a leaf stands for the group of it alone."""
    own = {"rules": rules if rules is None or "op" not in rules else {"all": [rules]}} if rules else {}
    return {"key": key, "name": key} | _STEERING | own | more


def definition(name: str, *segments: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A definition; without segments of other names, one that is exclusive."""
    return {"dimension": name, "entity": "customer", "exclusive": True, "segments": list(segments)} | more


def audience(name: str, rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A definition of one segment with its own key."""
    entity = more.pop("entity", "customer")
    return definition(name, segment(name, rules, **more), exclusive=False, entity=entity)


def read(*definitions: dict[str, Any]) -> Definitions:
    """The definitions as the tool reads them; none may be wrong."""
    found = Definitions()
    for content in definitions:
        kind = "segments" if content["exclusive"] else "audiences"
        file = f"definitions/{kind}/{content['dimension']}.yml"
        read_text(file, Path(), yaml.safe_dump(content, sort_keys=False), found)
    assert found.findings == [], [str(finding) for finding in found.findings]
    return found


def compiler(*definitions: dict[str, Any], dialect: Dialect | None = None) -> Compiler:
    return Compiler(read(*definitions), FEATURES, dialect or DuckDBSql())


def node(rules: dict[str, Any]) -> Rule | Group:
    return Rule.model_validate(rules) if "op" in rules else Group.model_validate(rules)


def rows_of(sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return sorted(connection.execute(sql).fetchall(), key=str)


def outcome(rules: dict[str, Any], entity: str = "customer", definitions: tuple[Any, ...] = (), **given: str) -> Any:
    """True, False or None: what the SQL of a rule says of one literal row."""
    sql = condition(node(rules), compiler(*definitions).context(entity))
    row = {"as_of_date": "date '2026-01-31'"} | given
    fields = ", ".join(f"{value} as {name}" for name, value in row.items())
    (one,), (many,) = (
        rows_of(f"select {text} from (select {fields})") for text in (sql.inline(), "\n".join(sql.lines()))
    )
    assert one == many, "on one line and on several it is the same"
    return one[0]


def segmented(rows: str, *definitions: dict[str, Any], entity: str = "customer") -> list[dict[str, Any]]:
    """All columns of literal rows with their segments."""
    made = compiler(*definitions)
    found = layers(made.ruled(entity), made.context(entity), "known")
    known = f"select *, {entity}_id as {entity}_key from ({rows})"
    with duckdb.connect() as connection:
        result = connection.execute(
            f"with known as ({known}),\n{found.text}\nlast as (select 1) select * from {found.name}"
        )
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
