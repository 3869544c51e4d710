"""The segment compiler: rules to SQL, run over literal rows; expectations by hand."""

from __future__ import annotations

import duckdb
import pytest
from segment_macros import ROOT, CompilerError, definition, macros

from segmentry.segments.definitions import read_definitions
from segmentry.segments.versions import definition_hash

DATES = ["2026-01-04", "2026-01-11", "2026-01-18", "2026-01-25", "2026-01-31", "2026-02-01", "2026-02-08"]


def rows_of(sql):
    with duckdb.connect() as connection:
        return sorted(connection.execute(sql).fetchall(), key=str)


def leaf(feature, op, value=None, **more):
    return {"id": "r", "feature": feature, "op": op, "value": value} | more


def outcome(node, entity="customer", definitions=(), **given):
    """True, False or None: what a rule says of one literal row."""
    condition = macros(*definitions).segment_condition(node, entity, "model m, segment s")
    row = {"as_of_date": "date '2026-01-31'"} | given
    ((result,),) = rows_of(f"select {condition} from (select {', '.join(f'{v} as {k}' for k, v in row.items())})")
    return result


def segmented(entity, rows, *definitions, key="customer_id"):
    """All columns of literal rows with their segments, as dictionaries."""
    sql = f"with known as ({rows}), {macros(*definitions).segmented(entity, 'known', key)} select * from segmented"
    with duckdb.connect() as connection:
        result = connection.execute(sql)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


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
    assert outcome(leaf("orders", op, value), orders=passes) is True
    assert outcome(leaf("orders", op, value), orders=fails) is False
    assert outcome(leaf("orders", op, value), orders="cast(null as integer)") is None


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
    node = {group: [leaf("orders", "eq", 1), leaf("score", "eq", 1)]}
    orders, score = (f"cast({value} as integer)" for value in given)
    assert outcome(node, orders=orders, score=score) is expected


def test_groups_nest():
    node = {"all": [{"any": [leaf("orders", "gt", 5), {"none": [leaf("plan_id", "eq", "free")]}]}]}
    assert outcome(node, orders="1", plan_id="'pro'") is True
    assert outcome(node, orders="6", plan_id="'free'") is True
    assert outcome(node, orders="1", plan_id="'free'") is False


# ---- values are data

NASTY = [
    "it's",
    "'",
    "''",
    "'; drop table x; --",
    "\\",
    "\\'",
    "a\\' or 1=1 --",
    "{{ 1 }}",
    "{% raw %}",
    '"',
    "ünï\n\t",
    "",
]


@pytest.mark.parametrize("text", NASTY)
def test_a_text_stays_that_text(text):
    literal = macros().text_literal(text)
    assert rows_of(f"select {literal}") == [(text,)]
    condition = macros().segment_condition(leaf("plan_id", "eq", text), "customer", "m")
    with duckdb.connect() as connection:
        (got,) = connection.execute(f"select {condition} from (select ?::text as plan_id)", [text]).fetchone()
    assert got is True
    assert outcome(leaf("plan_id", "in", [text, "y"]), plan_id="'x'") is False


@pytest.mark.parametrize("text", NASTY)
def test_spark_reads_backslash_escapes(text):
    literal = macros(engine="spark").text_literal(text)
    assert literal[0] == literal[-1] == "'"
    read, body = [], iter(literal[1:-1])
    for character in body:
        assert character != "'", "an unescaped quote ends the literal"
        read.append(next(body) if character == "\\" else character)
    assert "".join(read) == text


@pytest.mark.parametrize(
    ("node", "said"),
    [
        (leaf("ordrs", "gt", 1), "there is no feature 'ordrs' in customer_features"),
        (leaf("orders; drop table x", "gt", 1), "there is no feature"),
        (leaf(None, "gt", 1), "there is no feature"),
        (leaf("orders", "above", 1), "there is no operator 'above'"),
        (leaf("orders", "gt", "1 or true"), "is not a number"),
        (leaf("orders", "gt", True), "is not a number"),
        (leaf("orders", "gt"), "has no value"),
        (leaf("orders", "in", 3), "takes a list"),
        (leaf("orders", "in", []), "takes a list"),
        (leaf("orders", "between", [1, 2, 3]), "between takes"),
        (leaf("plan_id", "eq", 3), "is not a text"),
        (leaf("plan_id", "gt", "a"), "gt does not fit plan_id"),
        (leaf("is_paying", "eq", "yes"), "is not true or false"),
        (leaf("first_seen_on", "gt", "2026-13-01"), "is not a date"),
        (leaf("first_seen_on", "gt", "2026-01-01' or true --"), "is not a date"),
        (leaf("orders", "days_since_gte", 3), "takes a date"),
        (leaf("x", "member_of", "nowhere.a"), "there is no segment"),
        (leaf("x", "any_of", rule=leaf("orders", "gt", 1)), "is for accounts"),
        ({"all": []}, "`all` is empty"),
        ({}, "has no rules"),
    ],
)
def test_what_cannot_be_compiled_names_model_segment_and_rule(node, said):
    with pytest.raises(CompilerError) as error:
        macros().segment_condition(node, "customer", "model m, segment s")
    assert said in str(error.value)
    assert str(error.value).startswith("model m, segment s")
    if "id" in node:
        assert "rule r" in str(error.value)


# ---- all rules of an entity

A = {"key": "a", "version": 1, "rules": {"all": [leaf("orders", "gte", 5)]}}
B = {"key": "b", "version": 2, "rules": {"all": [leaf("orders", "gte", 2)]}}
ROWS = "select * from (values ('1', 7, date '2026-01-31'), ('2', 2, date '2026-01-31'), ('3', null, date '2026-01-31')"
ROWS += ", ('4', 0, date '2026-01-31')) as t(customer_id, orders, as_of_date)"


def test_the_first_segment_that_holds_wins_and_nobody_is_left_out():
    rows = segmented("customer", ROWS, definition("size", [A, B]))
    assert {r["customer_id"]: r["size"] for r in rows} == {"1": "a", "2": "b", "3": "unknown", "4": "unknown"}


def test_an_audience_holds_who_passes():
    rows = segmented("customer", ROWS, definition("size", [A | {"key": "size"}], exclusive=False))
    assert {r["customer_id"]: r["in_size"] for r in rows} == {"1": True, "2": False, "3": False, "4": False}


def test_percentiles_rank_known_values_of_one_date_and_group():
    """10, 20, 20, 30 and none: percent ranks 0, 1/3, 1/3, 1. Within plans one 20 is the highest, one the lowest."""
    rows = "select * from (values ('1', 10, 'p'), ('2', 20, 'p'), ('3', 20, 'q'), ('4', 30, 'q'), ('5', null, 'q'))"
    rows = f"select *, date '2026-01-31' as as_of_date from ({rows}) as t(customer_id, net_spend, plan_id)"
    top = {"key": "top", "rules": leaf("net_spend", "percentile_gte", 0.3)}
    within = {"key": "within", "rules": leaf("net_spend", "percentile_gte", 0.5, within="plan_id")}
    got = segmented(
        "customer", rows, definition("top", [top], exclusive=False), definition("within", [within], exclusive=False)
    )
    assert sorted(r["customer_id"] for r in got if r["in_top"]) == ["2", "3", "4"]
    assert sorted(r["customer_id"] for r in got if r["in_within"]) == ["2", "4"]
    assert macros().percentile_column(within["rules"]) == "percentile__net_spend__by__plan_id"
    m = macros(definition("top", [top], exclusive=False), definition("w", [within]))
    ranks = m.percentile_columns(m.ruled_dimensions("customer"))
    assert sorted(ranks) == ["percentile__net_spend", "percentile__net_spend__by__plan_id"]


def test_members_of_other_segments_come_in_a_later_layer():
    member = {"key": "vip", "rules": {"all": [leaf(None, "member_of", "size.a"), leaf("plan_id", "eq", "pro")]}}
    of_audience = {"key": "z_vip", "rules": leaf(None, "member_of", "vip.vip")}
    definitions = [
        definition("vip", [member], exclusive=False),
        definition("size", [A, B]),
        definition("a_vip", [of_audience | {"key": "a_vip"}], exclusive=False),
    ]
    rows = ROWS.replace("*", "*, 'pro' as plan_id", 1)
    got = segmented("customer", rows, *definitions)
    assert {r["customer_id"]: (r["in_vip"], r["in_a_vip"]) for r in got}["1"] == (True, True)
    assert [r["customer_id"] for r in got if r["in_vip"]] == ["1"]
    assert [[d["dimension"] for d in layer] for layer in macros(*definitions).segment_order("customer")] == [
        ["size"],
        ["vip"],
        ["a_vip"],
    ]


def test_segments_cannot_be_members_of_each_other():
    one = definition("one", [{"key": "one", "rules": leaf(None, "member_of", "two.two")}], exclusive=False)
    two = definition("two", [{"key": "two", "rules": leaf(None, "member_of", "one.one")}], exclusive=False)
    with pytest.raises(CompilerError, match="circle: one, two"):
        macros(one, two).segment_order("customer")
    myself = definition("me", [{"key": "me", "rules": leaf(None, "member_of", "me.me")}], exclusive=False)
    with pytest.raises(CompilerError, match="circle: me"):
        macros(myself).segmented("customer", "known", "customer_id")


def test_a_customer_is_in_its_accounts_dimension_but_not_in_its_audiences():
    dimension = definition("size", [A], entity="account")
    audience = definition("big", [A | {"key": "big"}], entity="account", exclusive=False)
    condition = macros(dimension, audience).membership_condition
    assert condition(leaf(None, "member_of", "size.a"), "customer", "m") == "size = 'a'"
    with pytest.raises(CompilerError, match="is a segment of accounts"):
        condition(leaf(None, "member_of", "big.big"), "customer", "m")


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
    rule = {"id": "r", "op": op, "value": share, "rule": leaf("orders", "gte", 5)}
    dimension = definition("d", [{"key": "d", "rules": rule}], entity="account", exclusive=False)
    m = macros(dimension)
    counts = m.customers_columns()
    assert {name.rpartition("_")[0] for name in counts} == {m.customers_column(rule)}
    rows = " union all ".join(f"select cast({v} as integer) as orders" for v in orders)
    rows = rows or "select 1 as orders where 1 = 0"
    sums = ", ".join(f"coalesce({sql}, 0) as {name}" for name, sql in counts.items())
    condition = m.segment_condition(rule, "account", "m")
    assert rows_of(f"select {condition} from (select {sums} from ({rows}))") == [(expected,)]
    fixture = {"given": {"customers": [{"orders": None if v == "null" else int(v)} for v in orders]}, "expect": "in"}
    judged = m.fixture_judged(m.segment_dimensions()[0], m.segment_dimensions()[0]["segments"][0], fixture)
    word = {True: "in", False: "out", None: "unknown"}[expected]
    assert [row[2] for row in rows_of(judged)] == [word]


# ---- hysteresis


def states(values, **waits):
    """State on each of DATES of a customer with these numbers of orders; who has fewer values is first seen later."""
    dates = DATES[-len(values) :]
    rows = " union all ".join(
        f"select '1' as customer_id, cast({v} as integer) as orders, date '{d}' as as_of_date"
        for v, d in zip(values, dates, strict=True)
    )
    audience = definition("d", [A | {"key": "d"} | waits], exclusive=False)
    return [
        int(r["in_d"]) for r in sorted(segmented("customer", rows, audience), key=lambda row: str(row["as_of_date"]))
    ]


def test_without_waiting_the_state_is_the_rule():
    assert states([9, 0, 9, "null", 9, 0, 9]) == [1, 0, 1, 0, 1, 0, 1]


def test_nobody_leaves_before_the_exit_days_are_over():
    """Out on 01-11 only; 7 days need the as-of dates of a week: 01-25 is out after 01-18 was out as well."""
    assert states([9, 0, 9, 9, 9, 9, 9], exit_after_days=7) == [1, 1, 1, 1, 1, 1, 1]
    assert states([9, 9, 0, 0, 9, 9, 9], exit_after_days=7) == [1, 1, 1, 0, 1, 1, 1]
    assert states([9, 9, 0, "null", 0, 0, 0], exit_after_days=7) == [1, 1, 1, 0, 0, 0, 0], "unknown is not a pass"


def test_nobody_enters_before_the_enter_days_are_over():
    assert states([0, 9, 9, 0, 9, 9, 9], enter_after_days=7) == [0, 0, 1, 0, 0, 0, 1]
    assert states([9, 9, 9, 9, 9, 9, 9], enter_after_days=14) == [0, 0, 1, 1, 1, 1, 1], "first seen on 01-04"
    assert states([9, 9], enter_after_days=7) == [0, 1], "first seen on 02-01"


def test_both_ways_hold_the_last_state_between():
    assert states([9, 9, 0, 9, 0, 9, 9], enter_after_days=7, exit_after_days=7) == [0, 1, 1, 1, 1, 1, 1]


def test_while_one_segment_waits_everybody_still_is_in_one():
    """7 orders fall to 3: `a` holds on for a week. Who is new with 7 waits for `a`, and is not in none either."""
    steady = definition("size", [A | {"exit_after_days": 7}, B])
    rows = " union all ".join(
        f"select '1' as customer_id, {v} as orders, date '{d}' as as_of_date"
        for v, d in zip([7, 3, 3], DATES, strict=False)
    )
    assert [r["size"] for r in sorted(segmented("customer", rows, steady), key=lambda r: str(r["as_of_date"]))] == [
        "a",
        "a",
        "b",
    ]
    late = definition("size", [A | {"enter_after_days": 7}])
    rows = f"select '1' as customer_id, 7 as orders, date '{DATES[0]}' as as_of_date"
    assert [r["size"] for r in segmented("customer", rows, late)] == ["a"]


def test_only_segments_that_wait_cost_a_window():
    assert "over" not in macros(definition("size", [A, B])).segmented("customer", "known", "customer_id")
    m = macros(definition("size", [A | {"exit_after_days": 7}, B]))
    assert list(m.steady_segments(m.segment_dimensions())) == ["size__a"]
    assert (
        m.segmented("customer", "known", "customer_id").count(
            m.steady_states(m.steady_segments(m.segment_dimensions()), "known", "layer_1", "customer_id")
        )
        == 1
    )
    assert [m.is_steady(s) for s in (A, B, A | {"enter_after_days": 1})] == [False, False, True]


def test_windows_come_after_the_rules_that_need_none_and_rank_once():
    """Orders 1, 7, 9 have percent ranks 0, 0.5, 1; `both` is a member of `top` and ranks the same feature."""
    top = {"key": "top", "rules": leaf("orders", "percentile_gte", 0.5)}
    both = {"all": [leaf(None, "member_of", "top.top"), leaf("orders", "percentile_gte", 0.9)]}
    definitions = [
        definition("top", [top], exclusive=False),
        definition("waits", [A | {"key": "waits", "exit_after_days": 7}], exclusive=False),
        definition("size", [A, B]),
        definition("both", [{"key": "both", "rules": both}], exclusive=False),
    ]
    order = macros(*definitions).segment_order("customer")
    assert [sorted(d["dimension"] for d in layer) for layer in order] == [["size"], ["top", "waits"], ["both"]]
    rows = " union all ".join(
        f"select '{v}' as customer_id, {v} as orders, date '2026-01-31' as as_of_date" for v in (1, 7, 9)
    )
    got = segmented("customer", rows, *definitions)
    assert {r["customer_id"]: (r["in_top"], r["in_both"], r["in_waits"], r["size"]) for r in got} == {
        "1": (False, False, False, "unknown"),
        "7": (True, False, True, "a"),
        "9": (True, True, True, "a"),
    }
    assert sum(name.startswith("percentile__orders") for name in got[0]) == 1


# ---- definitions


def test_the_hash_is_that_of_the_rules_alone():
    m = macros()
    first = m.rule_hash(A)
    assert m.rule_hash(A | {"owner": "x", "tactic": "y", "name": "z", "version": 9, "fixtures": []}) == first
    assert m.rule_hash({key: A[key] for key in reversed(A)}) == first
    assert m.rule_hash(A | {"exit_after_days": 1}) != first
    assert m.rule_hash(A | {"rules": {"all": [leaf("orders", "gte", 6)]}}) != first
    assert m.rule_hash(A | {"rules": {"any": [leaf("orders", "gte", 5)]}}) != first


def test_the_hash_of_the_tools_is_that_of_the_warehouse():
    """`segments diff` and the version check see a change where the warehouse does: over every shipped segment."""
    m = macros()
    shipped = list(read_definitions(ROOT).segments())
    assert len(shipped) > 50
    for dimension, index, segment in shipped:
        assert definition_hash(dimension, index) == m.rule_hash(dimension.source["segments"][index]), segment.key
    two = definition("size", [A | {"version": 2}, B | {"version": 3}])
    first, second, unknown = macros(two).segment_catalogue()
    assert [entry["definition"]["version"] for entry in (first, second, unknown)] == [4, 4, 4]
    assert [entry["version"] for entry in (first, second)] == [2, 3]


def test_dimensions_by_entity_and_kind():
    m = macros(
        definition("size", [A, B]),
        definition("plan", [A], entity="account"),
        definition("big", [A | {"key": "big"}], exclusive=False),
        definition("cohort", [A], kpi_breakdown=False),
    )
    assert m.customer_dimensions() == ["cohort", "plan", "size"]
    assert m.account_dimensions() == m.exclusive_dimensions("account") == ["plan"]
    assert m.kpi_dimensions(m.customer_dimensions()) == ["plan", "size"]
    assert m.audiences("customer") == ["big"]
    assert {d["dimension"]: d["version"] for d in m.segment_definitions()} == {
        "big": 1,
        "cohort": 1,
        "plan": 1,
        "size": 2,
    }
    keys = [(e["dimension"], e["segment_key"], e["sort_order"]) for e in m.segment_catalogue()]
    assert keys[-3:] == [("size", "a", 1), ("size", "b", 2), ("size", "unknown", 3)]
    assert ("big", "big", 1) in keys
    assert ("big", "unknown", 2) not in keys
    assert macros(definition("size", [A]), execute=False).segment_dimensions() == []


def test_a_var_names_the_dimensions_that_kpis_break_down_by():
    definitions = definition("size", [A]), definition("cohort", [A], kpi_breakdown=False)
    m = macros(*definitions, kpi_dimensions=("cohort",))
    assert m.kpi_dimensions(m.customer_dimensions()) == ["cohort"]
    for wrong in ("colour", "big"):
        m = macros(*definitions, definition("big", [A | {"key": "big"}], exclusive=False), kpi_dimensions=(wrong,))
        with pytest.raises(CompilerError, match=f"'{wrong}', which is no exclusive dimension. Fix: name"):
            m.kpi_dimensions(m.customer_dimensions())


def test_without_a_dimension_all_are_one_set():
    ((key,),) = rows_of(f"select {macros().segment_set_key([])}")
    assert isinstance(key, int)
    assert key != 0


def test_a_pitfall_says_which_where_and_how_much():
    head = macros().issue("too_small", "members", 20, segment="'all'")
    found = rows_of(f"{head} from (select 'size' as dimension, 3 as members)")
    assert found == [("too_small", "size", "all", 3.0, 20.0)]


def test_a_unit_test_of_dbt_sees_a_project_that_stands_in():
    m = macros(nodes=False)
    assert m.project_graph() == m.unit_test_project()
    assert m.customer_dimensions() == ["engagement", "firmographic", "lifecycle", "rfm"]
    assert m.account_dimensions() == ["firmographic"]
    assert m.feature_types("customer")["tenure_days"] == "integer"


def test_a_dimension_has_one_model():
    other = definition("size", [A])
    other.name = "seg_other"
    with pytest.raises(CompilerError, match="'size' is defined by seg_other and by seg_size"):
        macros(definition("size", [A]), other).segment_dimensions()


def test_leaves_know_whether_they_are_negated():
    node = {"all": [leaf("a", "gt")], "none": [{"any": [leaf("b", "gt")], "none": [leaf("c", "gt")]}]}
    found = macros().segment_leaves(node)
    assert [(n["feature"], n["is_negated"]) for n in found] == [("a", False), ("b", True), ("c", False)]
    m = macros(definition("d", [A, B]))
    assert [n["value"] for n in m.dimension_leaves(m.ruled_dimensions("customer"))] == [5, 2]
    assert m.ruled_dimensions("account") == []


def test_the_rule_in_words():
    node = {
        "all": [leaf("orders", "gte", 5), leaf("plan_id", "in", ["a", "b"])],
        "none": [leaf("is_paying", "eq", True)],
    }
    text = macros().segment_rule_text({"rules": node, "exit_after_days": 7})
    assert text == "(orders is at least 5 and plan id is one of a, b) and not is paying is true; let go after 7 days"
    assert macros().condition_text({"any": [leaf("orders", "between", [1, 2]), leaf("score", "is_null")]}) == (
        "(orders is between 1 and 2 or score is not known)"
    )
    assert macros().leaf_text(leaf("net_spend", "percentile_gte", 0.9, within="plan_id")) == (
        "net spend is at or above the percentile 0.9 among those of the same plan id"
    )
    assert macros().leaf_text({"op": "share_gte", "value": 0.5, "rule": leaf("orders", "gt", 1)}) == (
        "of at least a share 0.5 of the customers: orders is above 1"
    )
    assert macros().segment_rule_text({"description": "By hand"}) == "By hand"


@pytest.mark.parametrize(
    ("engine", "double", "money", "wide"),
    [
        ("duckdb", "double", "decimal(18, 2)", "decimal(38, 8)"),
        ("postgres", "double precision", "decimal(18, 2)", "decimal(38, 8)"),
        ("bigquery", "float64", "numeric(18, 2)", "bignumeric(38, 8)"),
    ],
)
def test_types_have_the_names_of_the_engine(engine, double, money, wide):
    m = macros(engine=engine)
    assert m.type_double() == m.type_of("double") == double
    assert (m.type_decimal(18, 2), m.type_decimal(38, 8)) == (money, wide)
    assert (m.type_of("string"), m.type_of("date")) == ("text", "date")


# ---- fixtures

KINDS = ("passed", "failed", "unknown")


def judged(segment, fixture):
    m = macros(definition("d", [segment]))
    dimension = m.segment_dimensions()[0]
    ((name, *rest),) = rows_of(m.fixture_judged(dimension, segment, fixture))
    assert name.startswith("seg_d, a, {")
    return tuple(rest)


def test_a_fixture_is_judged_by_the_compiled_rule():
    paying = {"id": "internal", "feature": "is_paying", "op": "eq", "value": True}
    segment = A | {"rules": {"all": [leaf("orders", "gte", 5)], "none": [paying]}}
    given = {"orders": 5, "is_paying": False}
    assert judged(segment, {"given": given, "expect": "in", "because": "r"}) == ("in", "in", "in")
    assert judged(segment, {"given": given | {"orders": 4}, "expect": "out", "because": "r"}) == ("out", "out", "out")
    internal = {"given": given | {"is_paying": True}, "expect": "out", "because": "internal"}
    assert judged(segment, internal) == ("out", "out", "out")
    assert judged(segment, internal | {"because": "r"}) == ("out", "out", "in"), "r does not keep it out"
    assert judged(segment, {"given": {"orders": 5}, "expect": "out"}) == ("out", "unknown", None)
    assert judged(segment, {"given": given, "expect": "in", "because": "x"})[2] == "there is no such rule"
    with pytest.raises(CompilerError, match="gives 'oders'"):
        judged(segment, {"given": {"oders": 5}, "expect": "in"})


def test_a_fixture_gives_percentiles_and_memberships():
    rules = [leaf("net_spend", "percentile_gte", 0.9), leaf(None, "member_of", "size.a")]
    segment = {"key": "a", "rules": {"all": [*rules, leaf("first_seen_on", "days_since_gte", 10)]}}
    m = macros(definition("d", [segment]), definition("size", [A]))
    dimension = m.segment_dimensions()[0]
    given = {"percentile__net_spend": 0.9, "size": "a", "first_seen_on": "2026-01-21"}
    assert m.fixture_columns(dimension, segment, given)["size"] == "'a'"
    for change, expected in [
        ({}, "in"),
        ({"size": "b"}, "out"),
        ({"first_seen_on": None}, "unknown"),
        ({"first_seen_on": "2026-01-22"}, "out"),
    ]:
        (row,) = rows_of(m.fixture_judged(dimension, segment, {"given": given | change, "expect": "in"}))
        assert row[2] == expected


def test_models_show_their_members():
    m = macros()
    assert "int_customer_segments" in m.segment_members("size")


def test_parts_name_what_they_belong_to():
    """Smaller macros, which the others are made of, one by one."""
    m = macros(definition("size", [A]))
    dimension = m.segment_dimensions()[0]
    assert m.segment_where(dimension, A) == "model seg_size, segment a"
    assert m.feature_types("account")["members"] == "integer"
    assert m.segment_value(3, "integer", "m", {}) == "3"
    assert m.segment_values(["x"], "string", "m", {}) == ["'x'"]
    assert m.leaf_condition(leaf("orders", "gt", 1), "customer", "m") == "orders > 1"
    assert m.segment_states(dimension) == {"a": {"rule": "((orders >= 5))", "state": "((orders >= 5))"}}
    assert "else 'unknown'" in m.segment_column(dimension)
    rule = {"op": "any_of", "rule": leaf("orders", "gt", 1)}
    assert m.customers_condition(rule, "account", "m").count(m.customers_column(rule)) == 2
    assert m.fixture_customers(dimension, A, rule, []) == {f"{m.customers_column(rule)}_{k}": "0" for k in KINDS}
    with pytest.raises(CompilerError, match="here, rule r: wrong"):
        m.segment_error("here", {"id": "r"}, "wrong")


def test_set_key_tells_dimensions_apart():
    key = macros().segment_set_key(["a", "b"])
    assert rows_of(f"select count(distinct {key}) from (values ('x', 'y'), ('y', 'x')) as t(a, b)") == [(2,)]


def said_of_rules(m, row, names):
    """Id, negation and threshold of each rule of one literal customer, and what else is named."""
    rules = m.explained_rules("customer")
    types = {"value_seen": "string", "distance": "double"}
    said = ", ".join(m.by_rule(rules, name, types.get(name, "boolean")) for name in names)
    return rows_of(
        f"with customers as ({row}), rules as ({m.rule_literals(rules)}) "
        f"select rule_id, is_negated, threshold, {said} from customers cross join rules"
    )


def test_explanations_show_what_each_rule_saw():
    """Two rules of one segment: 6 orders pass by 1, 30 days since the first are 70 from 100, and keep it out."""
    rules = {"all": [leaf("orders", "gte", 5) | {"id": "many"}], "none": [leaf("first_seen_on", "days_since_lte", 100)]}
    m = macros(definition("d", [{"key": "d", "rules": rules}], exclusive=False))
    row = "select '1' as customer_id, 6 as orders, date '2026-01-01' as first_seen_on, date '2026-01-31' as as_of_date"
    assert said_of_rules(
        m, f"{row}, false as in_d", ["value_seen", "condition", "distance", "segment_condition", "is_member"]
    ) == [
        ("many", False, "5", "6", True, 1.0, False, False),
        ("r", True, "100", "2026-01-01", True, 70.0, False, False),
    ]
    text = {"seen": "plan_id", "distance": None, "is_double": False}
    assert m.explained_value(leaf("plan_id", "eq", "x"), "customer") == text
    assert m.explained_value(leaf("score", "gte", 1), "customer")["is_double"]


@pytest.mark.parametrize(
    ("rule", "distance"),
    [
        (leaf("orders", "between", [2, 9]), 3),  # 6 is 3 below the upper bound
        (leaf("orders", "between", [9, 20]), 3),
        (leaf("first_seen_on", "between", ["2025-12-01", "2026-01-03"]), 2),  # 2026-01-01, in days
        (leaf("first_seen_on", "gte", "2026-02-01"), 31),
        (leaf("plan_id", "in", ["x"]), None),
    ],
)
def test_distance_is_that_to_the_nearest_threshold(rule, distance):
    m = macros(definition("d", [{"key": "d", "rules": {"all": [rule]}}], exclusive=False))
    row = "select '1' as customer_id, 6 as orders, date '2026-01-01' as first_seen_on, 'x' as plan_id"
    ((*_, found),) = said_of_rules(m, f"{row}, date '2026-01-31' as as_of_date, false as in_d", ["distance"])
    assert found == distance
