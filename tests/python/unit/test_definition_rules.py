"""Rules as SQL, in words and in Python: run over literal rows; expectations by hand."""

from __future__ import annotations

import itertools
from datetime import date

import duckdb
import jinja2
import pytest
from definition_cases import ROOT, audience, compiler, definition, leaf, node, outcome, rows_of, segment
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentry.definitions.catalogue import read_features
from segmentry.definitions.compiler import Compiler
from segmentry.definitions.dialects import DbtSql, DuckDBSql
from segmentry.definitions.fixtures import AS_OF, verdict
from segmentry.definitions.layers import customer_counts
from segmentry.definitions.model import Fixture, Segment, read_definitions
from segmentry.definitions.operators import OPERATORS, customers_column
from segmentry.definitions.rules import condition, condition_text, judged, leaves, literal, rule_text

# ---- one rule


@pytest.mark.parametrize(
    ("op", "value", "passes", "fails"),
    [
        ("eq", 3, 3, 4),
        ("neq", 3, 4, 3),
        ("gt", 3, 4, 3),
        ("gte", 3, 3, 2),
        ("lt", 3, 2, 3),
        ("lte", 3, 3, 4),
        ("in", [3, 5], 5, 4),
        ("not_in", [3, 5], 4, 5),
        ("between", [3, 5], 3, 6),
        ("between", [3, 5], 5, 2),
    ],
)
def test_operators_pass_fail_and_do_not_know(op, value, passes, fails):
    rule = leaf("orders", op, value)
    assert outcome(rule, orders=str(passes)) is judged(node(rule), {"orders": passes}, AS_OF) is True
    assert outcome(rule, orders=str(fails)) is judged(node(rule), {"orders": fails}, AS_OF) is False
    assert outcome(rule, orders="cast(null as integer)") is judged(node(rule), {}, AS_OF) is None


def test_missing_is_known_to_be_missing():
    assert outcome(leaf("orders", "is_null"), orders="null") is True
    assert outcome(leaf("orders", "is_null"), orders="0") is False
    assert outcome(leaf("orders", "not_null"), orders="null") is False


@pytest.mark.parametrize(("op", "on_30", "on_29"), [("days_since_gte", True, False), ("days_since_lte", True, True)])
def test_days_since_count_to_the_as_of_date(op, on_30, on_29):
    assert outcome(leaf("first_seen_on", op, 30), first_seen_on="date '2026-01-01'") is on_30
    assert outcome(leaf("first_seen_on", op, 30), first_seen_on="date '2026-01-02'") is on_29
    assert outcome(leaf("first_seen_on", op, 30), first_seen_on="cast(null as date)") is None


def test_dates_booleans_and_decimals_are_literals_of_their_type():
    assert outcome(leaf("first_seen_on", "gte", "2026-01-02"), first_seen_on="date '2026-01-02'") is True
    assert outcome(leaf("is_paying", "eq", False), is_paying="false") is True
    assert outcome(leaf("is_paying", "neq", False), is_paying="false") is False
    assert outcome(leaf("is_paying", "eq", False), is_paying="cast(null as boolean)") is None
    assert outcome(leaf("net_spend", "eq", 0.1), net_spend="cast(0.10 as decimal(18, 2))") is True


# ---- groups: SQL's three values


@pytest.mark.parametrize(
    ("group", "given", "expected"),
    [
        ("all", ("1", "1"), True),
        ("all", ("1", "null"), None),
        ("all", ("0", "null"), False),
        ("any", ("1", "null"), True),
        ("any", ("0", "null"), None),
        ("any", ("0", "0"), False),
        ("none", ("0", "0"), True),
        ("none", ("0", "null"), None),
        ("none", ("1", "null"), False),
    ],
)
def test_groups_keep_unknown_apart_from_fail(group, given, expected):
    rules = {group: [leaf("orders", "eq", 1), leaf("score", "eq", 1)]}
    orders, score = (f"cast({value} as integer)" for value in given)
    assert outcome(rules, orders=orders, score=score) is expected


def test_groups_nest():
    rules = {"all": [{"any": [leaf("orders", "gt", 5), {"none": [leaf("plan_id", "eq", "free")]}]}]}
    assert outcome(rules, orders="1", plan_id="'pro'") is True
    assert outcome(rules, orders="6", plan_id="'free'") is True
    assert outcome(rules, orders="1", plan_id="'free'") is False
    doubly = {"none": [{"none": [leaf("orders", "gt", 5)]}]}
    assert outcome(doubly, orders="6") is True
    assert outcome(doubly, orders="5") is False


VALUES = {"orders": [None, 0, 1, 2], "score": [None, 0, 1, 2], "is_paying": [None, True, False]}
ROWS = [dict(zip(VALUES, row, strict=True)) for row in itertools.product(*VALUES.values())]


@st.composite
def _leaf(draw):
    feature = draw(st.sampled_from(sorted(VALUES)))
    if feature == "is_paying":
        return leaf(feature, draw(st.sampled_from(["eq", "neq"])), draw(st.booleans()))
    op = draw(
        st.sampled_from(["eq", "neq", "gt", "gte", "lt", "lte", "in", "not_in", "between", "is_null", "not_null"])
    )
    number = st.integers(0, 2)
    value = {
        "in": st.lists(number, min_size=1, max_size=2),
        "not_in": st.lists(number, min_size=1, max_size=2),
        "between": st.tuples(number, number).map(sorted),
        "is_null": st.none(),
        "not_null": st.none(),
    }.get(op, number)
    return leaf(feature, op, draw(value))


_TREES = st.recursive(
    _leaf(),
    lambda inner: st.dictionaries(
        st.sampled_from(["all", "any", "none"]), st.lists(inner, min_size=1, max_size=2), min_size=1
    ),
    max_leaves=6,
)


@settings(max_examples=30, deadline=None)
@given(_TREES)
def test_sql_says_what_python_says_of_any_tree(tree):
    """On one line and on several, of every combination of values, unknown ones too."""
    rules = node(tree if "op" not in tree else {"all": [tree]})
    made = condition(rules, compiler().context("customer"))
    types = {"orders": "integer", "score": "double", "is_paying": "boolean"}
    fields = " union all ".join(
        "select "
        + ", ".join(
            f"cast({'null' if value is None else value} as {types[name]}) as {name}" for name, value in row.items()
        )
        for row in ROWS
    )
    for sql in (made.inline(), "\n".join(made.lines())):
        with duckdb.connect() as connection:
            found = connection.execute(f"select orders, score, is_paying, {sql} from ({fields})").fetchall()
        for orders, score, is_paying, truth in found:
            row = {"orders": orders, "score": score, "is_paying": is_paying}
            assert truth is judged(rules, row, AS_OF), (sql, row)


# ---- values are data

NASTY = [
    "it's",
    "'",
    "'; drop table x; --",
    "\\",
    "a\\' or 1=1 --",
    "{{ 1 }}",
    "{% raw %}",
    '"',
    "ünï\n\t",
    "",
]


@pytest.mark.parametrize("text", NASTY)
def test_a_text_stays_that_text(text):
    rule = condition(node(leaf("plan_id", "eq", text)), compiler().context("customer"))
    with duckdb.connect() as connection:
        (got,) = connection.execute(f"select {rule.inline()} from (select ?::text as plan_id)", [text]).fetchone()
    assert got is True
    # a dbt model hands it to the macro that knows the engine, unless it is plain
    written = literal("text", text, DbtSql())
    read = jinja2.Environment().from_string(written).render(text_literal=lambda value: f"<{value}>")
    assert read == (f"<{text}>" if written.startswith("{{") else f"'{text}'")
    assert written.startswith("{{") == bool(text)


def test_a_long_list_of_values_takes_several_lines():
    codes = [f"country_{number:03}" for number in range(20)]
    rule = condition(node(leaf("plan_id", "in", codes)), compiler().context("customer"))
    assert len(rule.lines()) > 2
    assert max(map(len, rule.lines())) <= 110
    assert outcome(leaf("plan_id", "in", codes), plan_id="'country_019'") is True


# ---- customers of an account


@pytest.mark.parametrize(
    ("op", "share", "orders", "expected"),
    [
        ("any_of", None, ["6", "1"], True),
        ("any_of", None, ["1", "1"], False),
        ("any_of", None, ["1", "null"], None),
        ("any_of", None, [], False),
        ("all_of", None, ["6", "7"], True),
        ("all_of", None, ["6", "1", "null"], False),
        ("all_of", None, ["6", "null"], None),
        ("all_of", None, [], None),
        ("none_of", None, ["1", "1"], True),
        ("none_of", None, ["6", "null"], False),
        ("none_of", None, ["1", "null"], None),
        ("share_gte", 0.5, ["6", "1"], True),
        ("share_gte", 0.5, ["6", "1", "1"], False),
        ("share_gte", 0.5, ["6", "1", "null"], True),  # of those known
        ("share_gte", 0.5, ["null"], None),
    ],
)
def test_rules_over_the_customers_of_an_account(op, share, orders, expected):
    rule = leaf(None, op, share, rule=leaf("orders", "gte", 5))
    made = compiler(audience("d", rule, entity="account"))
    context = made.context("account")
    counts = customer_counts(made.ruled("account"), context)
    assert {name.rpartition("_")[0] for name in counts} == {customers_column(node(rule))}
    rows = " union all ".join(f"select cast({v} as integer) as orders" for v in orders)
    rows = rows or "select 1 as orders where 1 = 0"
    sums = ", ".join(f"coalesce({sql}, 0) as {name}" for name, sql in counts.items())
    sql = condition(node(rule), context).inline()
    assert rows_of(f"select {sql} from (select {sums} from ({rows}))") == [(expected,)]
    customers = [{"orders": None if v == "null" else int(v)} for v in orders]
    assert judged(node(rule), {"customers": customers}, AS_OF) is expected


# ---- other segments


def test_a_customer_is_in_its_accounts_dimension():
    made = compiler(definition("size", segment("a", leaf("members", "gt", 5)), entity="account"))
    rule = node(leaf(None, "member_of", "size.a"))
    assert condition(rule, made.context("customer")).inline() == "size = 'a'"
    assert judged(rule, {"size": "a"}, AS_OF) is True
    assert judged(rule, {}, AS_OF) is False, "unknown is a segment"


# ---- words


def test_the_rule_in_words():
    rules = {
        "all": [leaf("orders", "gte", 5), leaf("plan_id", "in", ["a", "b"])],
        "none": [leaf("is_paying", "eq", True)],
    }
    one = Segment.model_validate(segment("a", rules, exit_after_days=7))
    text = "(orders is at least 5 and plan id is one of a, b) and not is paying is true; let go after 7 days"
    assert rule_text(one) == text
    assert condition_text(node({"any": [leaf("orders", "between", [1, 2]), leaf("score", "is_null")]})) == (
        "(orders is between 1 and 2 or score is not known)"
    )
    assert condition_text(node(leaf("net_spend", "percentile_gte", 0.9, within="plan_id"))) == (
        "net spend is at or above the percentile 0.9 among those of the same plan id"
    )
    share = leaf(None, "share_gte", 0.5, rule=leaf("orders", "gt", 1))
    assert condition_text(node(share)) == "of at least a share 0.5 of the customers: orders is above 1"
    assert rule_text(Segment.model_validate(segment("a", description="By hand"))) == "By hand"


def test_leaves_know_whether_they_are_negated():
    rules = {
        "all": [leaf("orders", "gt", 1)],
        "none": [{"any": [leaf("score", "gt", 1)], "none": [leaf("plan_id", "eq", "a")]}],
    }
    assert [(rule.feature, negated) for rule, negated in leaves(node(rules))] == [
        ("orders", False),
        ("score", True),
        ("plan_id", False),
    ]


def test_every_operator_says_what_it_means():
    assert all(operator.meaning.endswith(".") for operator in OPERATORS.values())


# ---- fixtures


def test_a_fixture_is_judged_by_the_rules():
    internal = {"id": "internal", "feature": "is_paying", "op": "eq", "value": True}
    one = Segment.model_validate(segment("a", {"all": [leaf("orders", "gte", 5)], "none": [internal]}))

    def said(expect, because=None, **given):
        return verdict(one, Fixture(given=given, expect=expect, because=because))

    assert said("in", "r", orders=5, is_paying=False) is None
    assert said("out", "r", orders=4, is_paying=False) is None
    assert said("out", "internal", orders=5, is_paying=True) is None
    assert said("out", "r", orders=5, is_paying=True) == "rule r says in, expected is out"
    assert said("out", orders=5) is None, "outside, whether it fails or is unknown"
    assert said("in", orders=5) == "the rules say unknown, expected is in"
    assert said("unknown", orders=5) is None


def test_every_fixture_of_this_project_is_judged_alike_by_sql_and_python():
    """Each rule tree over the literal values of each of its fixtures; percentiles and memberships as given."""
    definitions = read_definitions(ROOT)
    features = read_features(ROOT)
    made = Compiler(definitions, features, DuckDBSql())
    types = {"integer": "bigint", "number": "double", "boolean": "boolean", "text": "varchar", "date": "date"}
    parts, expected = [], []
    for dimension, _, one in definitions.segments():
        if one.rules is None or any(rule.rule for rule, _ in leaves(one.rules)):
            continue
        sql = condition(one.rules, made.context(dimension.entity)).inline()
        kinds = {name: types[feature.kind] for name, feature in features[dimension.entity].items()}
        for fixture in one.fixtures:
            row = {name: f"cast(null as {kind})" for name, kind in kinds.items()} | {"as_of_date": f"date '{AS_OF}'"}
            row |= {"percentile__customer_value": "cast(null as double)"}
            for name, value in fixture.given.items():
                kind = kinds.get(name, "double" if name.startswith("percentile") else "varchar")
                text = "null" if value is None else f"'{value}'"
                row[name] = f"cast({text} as {kind})"
            for name in ("engagement", "lifecycle", "value_based"):
                row.setdefault(name, "'unknown'")
            fields = ", ".join(f"{value} as {name}" for name, value in row.items())
            parts.append(f"select {len(parts)} as place, {sql} as truth from (select {fields})")
            expected.append((judged(one.rules, fixture.given, AS_OF), f"{dimension.name}.{one.key}: {fixture.given}"))
    assert len(parts) > 200
    with duckdb.connect() as connection:
        truths = dict(connection.execute(" union all ".join(parts)).fetchall())
    assert [(truths[place], text) for place, (_, text) in enumerate(expected)] == expected


def test_fixtures_are_judged_on_the_last_of_january():
    assert date(2026, 1, 31) == AS_OF
