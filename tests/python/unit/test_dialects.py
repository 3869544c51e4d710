"""Every model and data test, rendered for engines that nobody connects to: does it parse, are its words known there?

What an engine has is said here, from its manual. What is not listed fails: a new function or type is looked up first.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import dialects
import pytest
import sqlglot
from sqlglot import exp
from sqlglot.tokens import Token, TokenType

FUNCTIONS = {
    "abs", "avg", "ceil", "coalesce", "count", "cube", "date_trunc", "dense_rank", "exp", "extract",
    "floor", "greatest", "lag", "lead", "least", "ln", "lower", "max", "md5", "min", "mod", "nullif",
    "percent_rank", "power", "rank", "regexp_replace", "replace", "round", "row_number", "sign", "sqrt",
    "substr", "sum", "trim",
}  # fmt: skip
OWN_FUNCTIONS = {
    "snowflake": "bitand bitor_agg convert_timezone date_part dateadd datediff getbit percentile_cont to_number",
    "bigquery": "array_agg bit_count bit_or date_add date_diff datetime generate_date_array safe_offset timestamp"
    " timestamp_add to_hex unix_millis unnest",
    "redshift": "bit_or convert_timezone dateadd datediff percentile_cont strtol",
    "databricks": "bit_count bit_or conv date_add datediff explode from_utc_timestamp percentile sequence"
    " to_utc_timestamp unix_millis",
    "postgres": "bit_count bit_or generate_series percentile_cont timezone",
}
TYPES = {"bigint", "boolean", "date", "decimal", "int", "integer", "timestamp"}
OWN_TYPES = {
    "snowflake": {"double", "varchar"},
    "bigquery": {"bignumeric", "float64", "int64", "numeric", "string"},
    "redshift": {"double precision", "varchar"},
    "databricks": {"double", "string"},
    "postgres": {"bit", "double precision", "text"},
}
# by construct: the engines that lack it
LACKING = {
    "aggregate filter": {"snowflake", "bigquery", "redshift"},
    "distinct on": {"snowflake", "bigquery", "redshift", "databricks"},
    "qualify": {"postgres"},
    "group by all": {"redshift", "postgres"},
    "lambda": {"bigquery", "redshift", "postgres"},
    "named window": {"snowflake", "redshift"},
    "running aggregate without a frame": {"redshift"},
    "range frame": {"redshift"},
    "is distinct from": {"redshift"},
    "where without from": {"bigquery"},
    "subquery without a name": {"redshift", "postgres"},
    "decimal too wide": {"bigquery"},
    "reserved word as a name": {"bigquery", "redshift"},
}
# columns of marts, known to readers by these names: a port has to quote them
RESERVED_COLUMNS = {"bigquery": {"current", "new", "rows"}, "redshift": {"new"}}
# words of SQL that may stand before a parenthesis
WORDS = {
    "all", "and", "any", "as", "between", "by", "case", "cast", "cross", "distinct", "else", "end", "except",
    "exists", "from", "group", "having", "in", "intersect", "interval", "is", "join", "lateral", "like", "limit",
    "not", "on", "or", "order", "over", "select", "then", "union", "using", "values", "when", "where", "window",
    "with", "within",
}  # fmt: skip


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    target = tmp_path_factory.mktemp("dialects")
    command = [sys.executable, str(Path(dialects.__file__)), str(target), *dialects.DIALECTS]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads((target / "rendered.json").read_text(encoding="utf-8"))


def calls(tokens: list[Token]) -> Iterator[str]:
    """Names before a parenthesis that are no words of SQL: functions, and types with a size."""
    for token, following in pairwise(tokens):
        name = token.text.lower()
        is_name = token.token_type is not TokenType.STRING and re.fullmatch(r"[a-z_]\w*", name)
        if following.token_type is TokenType.L_PAREN and is_name and name not in WORDS:
            yield name


def cast_types(tokens: list[Token]) -> Iterator[str]:
    """The types that are cast to, as written: `decimal(18,2)`, `double precision`."""
    for start, token in enumerate(tokens):
        if token.text.lower() == "cast":
            depth, written = 0, []
            for inner in tokens[start + 1 :]:
                depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(inner.token_type, 0)
                if depth == 0:
                    break
                written = [] if depth == 1 and inner.text.lower() == "as" else [*written[-5:], inner.text.lower()]
            yield " ".join(written).replace(" ( ", "(").replace(" , ", ",").replace(" )", ")")


def constructs(tree: exp.Expression, reserved: set[str]) -> Iterator[str]:
    """What a statement uses of the things that some engine lacks."""
    running = (exp.Sum, exp.Max, exp.Min, exp.Avg, exp.Count)
    for node in tree.walk():
        if isinstance(node, exp.Filter):
            yield "aggregate filter"
        elif isinstance(node, exp.Distinct) and node.args.get("on"):
            yield "distinct on"
        elif isinstance(node, exp.Qualify):
            yield "qualify"
        elif isinstance(node, exp.Group) and node.args.get("all"):
            yield "group by all"
        elif isinstance(node, exp.Lambda):
            yield "lambda"
        elif isinstance(node, exp.Window) and isinstance(node.this, running):
            if node.args.get("order") and not node.args.get("spec"):
                yield "running aggregate without a frame"
        elif isinstance(node, exp.WindowSpec) and node.args.get("kind") == "RANGE":
            yield "range frame"
        elif isinstance(node, exp.NullSafeEQ | exp.NullSafeNEQ):
            yield "is distinct from"
        elif isinstance(node, exp.From | exp.Join) and isinstance(node.this, exp.Subquery) and not node.this.alias:
            yield "subquery without a name"
        elif isinstance(node, exp.Select):
            if node.args.get("windows"):
                yield "named window"
            if node.args.get("where") and not node.args.get("from_"):
                yield "where without from"
        elif isinstance(node, exp.Alias | exp.CTE | exp.Subquery | exp.Table) and node.alias.lower() in reserved:
            yield f"reserved word as a name: {node.alias.lower()}"


def too_wide(written: str) -> bool:
    """BigQuery's NUMERIC has 29 digits before the point and 9 behind it."""
    size = re.fullmatch(r"(?:decimal|numeric)\((\d+),(\d+)\)", written)
    return bool(size) and (int(size[2]) > 9 or int(size[1]) - int(size[2]) > 29)


def lacks(dialect: str, sql: str) -> set[str]:
    """What the engine lacks of what the statement uses; a parse error is one of them."""
    engine = sqlglot.Dialect.get_or_raise(dialect)
    tokens = engine.tokenize(sql)
    try:
        trees = [tree for tree in engine.parser().parse(tokens, sql) if tree]
    except sqlglot.errors.ParseError as error:
        return {f"does not parse: {error}"}
    types = set(cast_types(tokens))
    names = {written.partition("(")[0] for written in types}
    reserved = set(engine.generator_class.RESERVED_KEYWORDS) - RESERVED_COLUMNS.get(dialect, set())
    found = {use for tree in trees for use in constructs(tree, reserved)}
    found |= {"decimal too wide" for written in types if too_wide(written)}
    missing = {use for use in found if dialect in LACKING[use.partition(":")[0]]}
    missing |= {
        f"function {name}" for name in set(calls(tokens)) - names - FUNCTIONS - set(OWN_FUNCTIONS[dialect].split())
    }
    return missing | {f"type {name}" for name in names - TYPES - OWN_TYPES[dialect]}


@pytest.mark.parametrize("dialect", dialects.DIALECTS)
def test_every_model_and_test_uses_what_the_engine_has(rendered, dialect):
    found = {node: lacks(dialect, sql) for node, sql in rendered[dialect].items()}
    assert {node: missing for node, missing in found.items() if missing} == {}


def test_models_of_all_presets_and_every_test_are_rendered(rendered):
    folders = ("models", "tests/dbt/macros", "tests/dbt/singular")
    paths = [path for folder in folders for path in (dialects.ROOT / folder).rglob("*.sql")]
    files = {str(path.relative_to(dialects.ROOT)) for path in paths}
    # one asks DuckDB for its settings, the others are on where a target is called spark or postgres
    elsewhere = {"config_gather_statistics", "config_lock_engine", "config_prepare_engine", "staging_mount_raw_files"}
    for nodes in rendered.values():
        assert files - set(nodes) == {f"tests/dbt/macros/{name}.sql" for name in elsewhere}
        generic = {json.loads(node)[0] for node in nodes if node.startswith("[")}
        assert generic >= {
            "not_null_columns",
            "unique",
            "accepted_values",
            "contiguous_intervals",
            "segments_sum_to_total",
        }


def test_columns_that_need_quotes_are_still_there(rendered):
    for dialect, columns in RESERVED_COLUMNS.items():
        sql = "\n".join(rendered[dialect].values())
        assert [column for column in columns if not re.search(rf"\bas {column}\b", sql)] == []


@pytest.mark.parametrize(
    ("dialect", "sql", "missing"),
    [
        ("redshift", "select sum(x) filter (where y) from t", "aggregate filter"),
        ("snowflake", "select distinct on (a) a, b from t", "distinct on"),
        ("postgres", "select a from t qualify row_number() over (order by a) = 1", "qualify"),
        ("redshift", "select a, count(*) from t group by all", "group by all"),
        ("redshift", "select sum(x) over w from t window w as (partition by y)", "named window"),
        ("redshift", "select sum(x) over (order by y) from t", "running aggregate without a frame"),
        ("redshift", "select a is not distinct from b from t", "is distinct from"),
        ("bigquery", "select 1 as one where 1 = 0", "where without from"),
        ("postgres", "select a from (select a from t)", "subquery without a name"),
        ("bigquery", "select cast(a as decimal(38, 8)) from t", "decimal too wide"),
        ("bigquery", "select a as window from t", "reserved word as a name: window"),
        ("bigquery", "select cast(a as double) from t", "type double"),
        ("redshift", "select bit_count(a) from t", "function bit_count"),
        ("postgres", "select list_transform(a, x -> x + 1) from t", "function list_transform"),
        ("snowflake", "select quantile_cont(a, 0.5) from t", "function quantile_cont"),
    ],
)
def test_what_an_engine_lacks_is_found(dialect, sql, missing):
    assert missing in lacks(dialect, sql)


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("bigquery", "select a from t union select a from u"),
        ("snowflake", "select sum(x) over w from t window w as (partition by y)"),
    ],
)
def test_syntax_that_does_not_parse_is_found(dialect, sql):
    assert any(missing.startswith("does not parse") for missing in lacks(dialect, sql))
