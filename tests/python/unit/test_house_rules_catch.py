"""Each house rule catches a tiny bad example, names file and remedy, and passes the good one beside it."""

from __future__ import annotations

from dataclasses import replace

import house_rules
import pytest
from house_rules import Macro, Model

from segmentry.definitions.compiled import MARK

GOOD = Model(
    name="int_orders",
    path="models/intermediate/revenue/int_orders.sql",
    columns={"order_id": "{{ doc('order_id') }}"},
    tests=(("unique", ("order_id",)),),
)
MART = replace(GOOD, name="kpi_x", path="models/marts/kpis/kpi_x.sql", layer="marts", contract=True)
STAGED = replace(
    GOOD, name="stg_feeds__x", path="models/staging/feeds/stg_feeds__x.sql", layer="staging", contract=True
)
SQL = "models/a.sql"


def caught(violations, *words):
    """One violation, and it says all of this."""
    assert len(violations) == 1, violations
    assert all(word in violations[0] for word in words), violations[0]


@pytest.mark.parametrize(
    "text", ["", "Orders of customers. One row per order.", "one row per order", "One rowing boat"]
)
def test_grain(text):
    caught(house_rules.without_grain([replace(GOOD, description=text)]), GOOD.path, "Begin it with 'One row per")
    assert house_rules.without_grain([GOOD, replace(GOOD, description="One row in all: the clock.")]) == []


def test_undescribed_columns():
    assert house_rules.undescribed_columns([GOOD], {"int_orders": ["order_id"]}) == []
    caught(
        house_rules.undescribed_columns([GOOD], {"int_orders": ["order_id", "amount"]}),
        GOOD.path,
        "amount",
        "Add a doc",
    )
    caught(house_rules.undescribed_columns([replace(GOOD, columns={"order_id": " "})], {}), "order_id")
    caught(house_rules.undescribed_columns([replace(GOOD, columns={})], {}), GOOD.path, "List them")
    caught(house_rules.undescribed_columns([GOOD], {"int_orders": []}), "no column order_id", "Remove it")


def test_described_twice():
    assert (
        house_rules.described_twice([("a.yml", "{{ doc('x') }}"), ("b.yml", "{{ doc('x') }}"), ("a.yml", "Once.")])
        == []
    )
    found = house_rules.described_twice([("a.yml", "Twice."), ("b.yml", "Twice. ")])
    assert [text.split(":")[0] for text in found] == ["a.yml", "b.yml"]


def test_unused_doc_blocks():
    blocks = [("a.md", "used"), ("a.md", "use")]
    caught(
        house_rules.unused_doc_blocks(blocks, "description: \"{{ doc('used') }}\""), "a.md", "block use ", "Remove it"
    )


def test_keys():
    combined = replace(GOOD, tests=(("unique_combination", ("a", "b")),))
    assert house_rules.unkeyed([GOOD, combined], {}) == []
    unkeyed = replace(GOOD, tests=(("not_null", ("order_id",)),))
    caught(house_rules.unkeyed([unkeyed], {}), GOOD.path, "Add `unique`")
    assert house_rules.unkeyed([unkeyed], {"int_orders": "a reason"}) == []
    caught(house_rules.unkeyed([GOOD], {"int_orders": "a reason"}), "a reason", "not needed")


def test_scattered_not_nulls():
    one = replace(GOOD, tests=(("not_null", ("a",)), ("not_null_columns", ("b", "c"))))
    assert house_rules.scattered_not_nulls([one]) == []
    two = replace(GOOD, tests=(("not_null", ("a",)), ("not_null", ("b",))))
    caught(house_rules.scattered_not_nulls([two]), GOOD.path, "2 columns", "one not_null_columns")


@pytest.mark.parametrize("model", [STAGED, MART], ids=["staging", "mart"])
def test_contracts(model):
    assert house_rules.without_contract([model, GOOD, replace(STAGED, name="base_x", contract=False)]) == []
    caught(house_rules.without_contract([replace(model, contract=False)]), model.path, "contract.enforced")


@pytest.mark.parametrize(
    ("sql", "logic"),
    [
        ("select case when a then b end from c", True),
        ("select lag(a) over (order by b) from c", True),
        ("select a from b inner join c on d = e", True),
        ("select a from b group by a having count(*) = 1", True),
        ("select a from b where c < 3", True),
        ("select a, max(b) as b from c group by a", False),
        ("{#- in case of doubt, over -#}\nselect a -- join\nfrom b", False),
        ("select showcase, overall from joined", False),
    ],
)
def test_what_counts_as_logic(sql, logic):
    assert house_rules.has_logic(sql) is logic


def test_unit_tests_of_marts_and_logic():
    branching = replace(GOOD, sql="select case when a then b end from c")
    assert house_rules.without_unit_test([GOOD], [], {}) == []
    assert house_rules.without_unit_test([branching], [("test_int_orders__x", "int_orders")], {}) == []
    caught(house_rules.without_unit_test([branching], [], {}), GOOD.path, "test_int_orders__<behaviour>")
    caught(house_rules.without_unit_test([MART], [("test_int_orders__x", "int_orders")], {}), MART.path)
    caught(house_rules.without_unit_test([GOOD], [], {"int_orders": "a reason"}), "not needed")


@pytest.mark.parametrize("name", ["test_int_orders_refund", "int_orders__refund", "test_int_customers__refund"])
def test_unit_test_names(name):
    assert house_rules.misnamed_unit_tests([("test_int_orders__refund", "int_orders")]) == []
    caught(house_rules.misnamed_unit_tests([(name, "int_orders")]), name, "test_int_orders__<behaviour>")


def test_macros_are_found_without_their_dispatched_implementations():
    text = """{% macro plain() %}1{% endmacro %}
{%- macro day(first, last='a, b', *, more=[1, 2], deep={'k': f(1, 2)}) -%}{% endmacro %}
{% macro duckdb__day(first) %}{% endmacro %}"""
    found = house_rules.macros_in("macros/x/y.sql", text)
    assert [(m.name, m.arguments) for m in found] == [("plain", ()), ("day", ("first", "last", "*", "more", "deep"))]


MACRO = Macro("day", "macros/cross_db/dates.sql", ("first", "last"))


def test_macro_documents():
    assert house_rules.undocumented_macros([MACRO], {"macros/cross_db": {"day": ["first", "last"]}}) == []
    caught(house_rules.undocumented_macros([MACRO], {}), MACRO.path, "macros/cross_db/_cross_db__macros.yml")
    caught(
        house_rules.undocumented_macros([MACRO], {"macros/cross_db": {"day": ["last"]}}), "['last']", "Make them equal"
    )
    caught(house_rules.undocumented_macros([], {"macros/cross_db": {"day": []}}), "no macro day", "Remove it")


def test_macro_tests():
    assert house_rules.untested_macros([MACRO], ["select {{ day('a', 'b') }}"], {}) == []
    caught(
        house_rules.untested_macros([MACRO], ["select {{ days('a') }} from today"], {}), MACRO.path, "tests/dbt/macros"
    )
    caught(house_rules.untested_macros([MACRO], ["{{ day() }}"], {"day": "a reason"}), "not needed")


def test_vars():
    assert house_rules.wrong_vars(["a"], ["a"], {"a": SQL}) == []
    assert house_rules.wrong_vars(["max_day"], ["max_day"], {"max_*": SQL}) == []
    caught(house_rules.wrong_vars([], [], {"max_*": SQL}), SQL, "Declare it")
    caught(house_rules.wrong_vars(["a"], ["a"], {}), "dbt_project.yml", "read nowhere")
    caught(house_rules.wrong_vars([], [], {"a": SQL}), SQL, "Declare it")
    caught(house_rules.wrong_vars(["a"], [], {"a": SQL}), "validate_vars.sql", "Add its pattern")
    caught(house_rules.wrong_vars([], ["a"], {}), "validate_vars.sql", "Remove its rule")


def test_length_caps():
    assert house_rules.too_long({SQL: "x\n" * 150, "models/a.yml": "x\n" * 250, "tests/b.sql": "x\n" * 200}) == []
    caught(house_rules.too_long({SQL: "x\n" * 151}), SQL, "151", "grain")
    assert house_rules.too_long({SQL: f"-- {MARK} from definitions/.\n" + "x\n" * 151}) == []
    caught(house_rules.too_long({"contracts/a.yml": "x\n" * 250 + "x"}), "contracts/a.yml", "251", "Split")


@pytest.mark.parametrize(
    "sql", ["where a > current_date", "select NOW()", "order by random( )", "{{ run_started_at }}"]
)
def test_wall_clock(sql):
    caught(house_rules.wall_clock({SQL: sql}), SQL, "as_of_date()")


@pytest.mark.parametrize(
    "sql", ["-- never now()", "{# no current_date #}", "select now, randomised from known_now", "a as now"]
)
def test_wall_clock_in_comments_and_names_is_fine(sql):
    assert house_rules.wall_clock({SQL: sql}) == []


@pytest.mark.parametrize("sql", ["1.0 / 12", "a / 60000.0", "a /1000.5 + b", "power(x, 1.0/3)"])
def test_divided_decimals(sql):
    caught(house_rules.divided_decimals({SQL: sql}), SQL, "as a double")


@pytest.mark.parametrize(
    "sql", ["1e0 / 12", "365.25e0 / 84", "a / 0.5e0", "-- 1.0 / 12", "t1.0 / 2", "a / 7", "0.5 * a"]
)
def test_divided_doubles_and_integers_are_fine(sql):
    assert house_rules.divided_decimals({SQL: sql}) == []


@pytest.mark.parametrize(
    "column", ["net_amount", "mrr", "mrr_after", "new_mrr", "net_revenue", "historical_clv", "arpu", "refunds"]
)
def test_float_money(column):
    for kind in ("double", "bigint", "FLOAT", "real"):
        caught(house_rules.float_money([replace(MART, types={column: kind})]), MART.path, column, "decimal(18,2)")
    assert house_rules.float_money([replace(MART, types={column: "DECIMAL(18,2)"})]) == []


@pytest.mark.parametrize(
    "column", ["gross_revenue_churn_rate", "monetary_score", "is_revenue", "sessions", "days_since_order"]
)
def test_rates_and_counts_are_no_money(column):
    assert house_rules.float_money([replace(MART, types={column: "double"})]) == []
    assert house_rules.float_money([replace(MART, types={"revenue_band": "string", "amount_on": "date"})]) == []


@pytest.mark.parametrize("sql", ["from {{ ref('a') }} as b", "join {{ref('a')}} b", "from {{ staged('a') }}\tas b"])
def test_aliased_refs(sql):
    caught(house_rules.aliased_refs({SQL: f"select 1 {sql}"}), SQL, "Import it")


@pytest.mark.parametrize(
    "sql", ["from {{ ref('a') }} where b", "from {{ ref('a') }}\n)", "from {{ ref('a') }}\n{% if c %}"]
)
def test_refs_without_alias(sql):
    assert house_rules.aliased_refs({SQL: f"select 1 {sql}"}) == []


def test_parts_law():
    by_segment = {"segment_dimension": "string", "orders": "bigint", "spend": "decimal(18,2)", "rate": "double"}
    half = replace(MART, types=by_segment, tests=(("segments_sum_to_total", ("orders",)),))
    caught(house_rules.without_parts_law([half], {}), MART.path, "spend", "segments_sum_to_total of kpi_x")
    assert house_rules.without_parts_law([half], {"kpi_x.spend": "a reason"}) == []
    both = replace(half, tests=(*half.tests, ("segments_sum_to_total", ("spend",))))
    assert house_rules.without_parts_law([both, replace(MART, types={"spend": "decimal(18,2)"})], {}) == []
    caught(house_rules.without_parts_law([both], {"kpi_x.spend": "a reason"}), "not needed")


def test_small_n():
    rate = replace(MART, types={"segment_dimension": "string", "rate": "double"})
    caught(house_rules.without_small_n([rate], {}), MART.path, "is_small_n")
    assert house_rules.without_small_n([rate], {"kpi_x": "a reason"}) == []
    flagged = replace(rate, types={**rate.types, "is_small_n": "boolean"})
    assert house_rules.without_small_n([flagged, replace(MART, types={"rate": "double"})], {}) == []
    caught(house_rules.without_small_n([flagged], {"kpi_x": "a reason"}), "not needed")


def test_final():
    caught(
        house_rules.without_final([replace(GOOD, sql="select * from orders\n")]), GOOD.path, "Name the last CTE final"
    )
    assert house_rules.without_final([GOOD]) == []


@pytest.mark.parametrize(
    ("model", "read"),
    [
        (GOOD, ("model", "kpi_x", "marts/kpis")),
        (GOOD, ("source", "raw.events", "")),
        (STAGED, ("model", "int_orders", "intermediate/revenue")),
        (STAGED, ("model", "stg_shop__x", "staging/shop")),
        (STAGED, ("seed", "bands", "")),
        (MART, ("source", "raw.events", "")),
    ],
)
def test_direction(model, read):
    wrong = replace(model, reads=(read,))
    caught(house_rules.against_the_way([wrong], {}), model.path, read[1])
    assert house_rules.against_the_way([wrong], {model.name: "a reason"}) == []
    caught(house_rules.against_the_way([model], {model.name: "a reason"}), "not needed")


def test_right_direction():
    right = [
        replace(STAGED, reads=(("source", "raw.x", ""), ("model", "base_x", "staging/feeds"))),
        replace(GOOD, reads=(("model", "stg_feeds__x", "staging/feeds"), ("seed", "bands", ""))),
        replace(MART, reads=(("model", "int_orders", "intermediate/revenue"), ("model", "kpi_y", "marts/kpis"))),
    ]
    assert house_rules.against_the_way(right, {}) == []


def test_past_the_preset():
    caught(house_rules.past_the_preset([replace(GOOD, sql="from {{ ref('stg_feeds__users') }}")]), "staged('users')")
    assert house_rules.past_the_preset([replace(GOOD, sql="from {{ staged('users') }}")]) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("see /home/" + "ann/project/x", "path"),
        ("path: /" + "mnt/disk1", "path"),
        ("-----BEGIN RSA PRIVATE" + " KEY-----", "private key"),
        ("key AKIA" + "ABCDEFGHIJKLMNOP", "access key"),
        ("password: " + "'hunter2222'", "password"),
    ],
)
def test_unwanted_text(text, what):
    caught(house_rules.unwanted_text({"a.md": f"fine\n{text}"}), "a.md:2", what, "Take it out")


def test_harmless_text():
    text = "frame/mnt/a, /srv/segmentry, /tmp/small, home/inbox, password: \"{{ env_var('PASSWORD') }}\""
    assert house_rules.unwanted_text({"a.md": text}) == []
