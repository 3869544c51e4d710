"""All rules of an entity in one scan: priorities, percentiles, layers and waiting, over literal rows."""

from __future__ import annotations

import pytest
from definition_cases import audience, compiler, definition, leaf, segment, segmented

from segmentry.definitions.layers import layers, ordered
from segmentry.errors import UsageError

DATES = ["2026-01-04", "2026-01-11", "2026-01-18", "2026-01-25", "2026-01-31", "2026-02-01", "2026-02-08"]
MANY = leaf("orders", "gte", 5)
SOME = leaf("orders", "gte", 2)
ROWS = "select * from (values ('1', 7, date '2026-01-31'), ('2', 2, date '2026-01-31'), ('3', null, date '2026-01-31')"
ROWS += ", ('4', 0, date '2026-01-31')) as t(customer_id, orders, as_of_date)"


def size(**more):
    return definition("size", segment("a", MANY, **more), segment("b", SOME, version=2))


def test_the_first_segment_that_holds_wins_and_nobody_is_left_out():
    rows = segmented(ROWS, size())
    assert {r["customer_id"]: r["size"] for r in rows} == {"1": "a", "2": "b", "3": "unknown", "4": "unknown"}


def test_an_audience_holds_who_passes():
    rows = segmented(ROWS, audience("big", MANY))
    assert {r["customer_id"]: r["in_big"] for r in rows} == {"1": True, "2": False, "3": False, "4": False}


def test_percentiles_rank_known_values_of_one_date_and_group():
    """10, 20, 20, 30 and none: percent ranks 0, 1/3, 1/3, 1. Within plans one 20 is the highest, one the lowest."""
    rows = "select * from (values ('1', 10, 'p'), ('2', 20, 'p'), ('3', 20, 'q'), ('4', 30, 'q'), ('5', null, 'q'))"
    rows = f"select *, date '2026-01-31' as as_of_date from ({rows}) as t(customer_id, net_spend, plan_id)"
    top = audience("top", leaf("net_spend", "percentile_gte", 0.3))
    within = audience("within_plan", leaf("net_spend", "percentile_gte", 0.5, within="plan_id"))
    got = segmented(rows, top, within)
    assert sorted(r["customer_id"] for r in got if r["in_top"]) == ["2", "3", "4"]
    assert sorted(r["customer_id"] for r in got if r["in_within_plan"]) == ["2", "4"]
    assert {"percentile__net_spend", "percentile__net_spend__by__plan_id"} < set(got[0])


def test_members_of_other_segments_come_in_a_later_layer():
    member = {"all": [leaf(None, "member_of", "size.a"), leaf("plan_id", "eq", "pro")]}
    definitions = [audience("vip", member), size(), audience("a_vip", leaf(None, "member_of", "vip.vip"))]
    got = segmented(ROWS.replace("*", "*, 'pro' as plan_id", 1), *definitions)
    assert {r["customer_id"]: (r["in_vip"], r["in_a_vip"]) for r in got}["1"] == (True, True)
    assert [r["customer_id"] for r in got if r["in_vip"]] == ["1"]
    order = ordered(compiler(*definitions).ruled("customer"))
    assert [[d.name for d in layer] for layer in order] == [["size"], ["vip"], ["a_vip"]]


def test_segments_cannot_be_members_of_each_other():
    one = audience("one", leaf(None, "member_of", "two.two"))
    two = audience("two", leaf(None, "member_of", "one.one"))
    with pytest.raises(UsageError, match="circle: one, two"):
        ordered(compiler(one, two).ruled("customer"))
    with pytest.raises(UsageError, match="circle: me"):
        ordered(compiler(audience("me", leaf(None, "member_of", "me.me"))).ruled("customer"))


# ---- segments that wait


def states(values, **waits):
    """State on each of DATES of a customer with these numbers of orders; who has fewer values is first seen later."""
    rows = " union all ".join(
        f"select '1' as customer_id, cast({v} as integer) as orders, date '{d}' as as_of_date"
        for v, d in zip(values, DATES[-len(values) :], strict=True)
    )
    found = segmented(rows, audience("d", MANY, **waits))
    return [int(r["in_d"]) for r in sorted(found, key=lambda row: str(row["as_of_date"]))]


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
    rows = " union all ".join(
        f"select '1' as customer_id, {v} as orders, date '{d}' as as_of_date"
        for v, d in zip([7, 3, 3], DATES, strict=False)
    )
    found = sorted(segmented(rows, size(exit_after_days=7)), key=lambda r: str(r["as_of_date"]))
    assert [r["size"] for r in found] == ["a", "a", "b"]
    rows = f"select '1' as customer_id, 7 as orders, date '{DATES[0]}' as as_of_date"
    late = definition("size", segment("a", MANY, enter_after_days=7))
    assert [r["size"] for r in segmented(rows, late)] == ["a"]


def test_only_segments_that_wait_cost_a_window():
    def text(*definitions):
        made = compiler(*definitions)
        return layers(made.ruled("customer"), made.context("customer"), "known").text

    assert " over (" not in text(size())
    assert " over (" in text(size(exit_after_days=7))


def test_windows_come_after_the_rules_that_need_none_and_rank_once():
    """Orders 1, 7, 9 have percent ranks 0, 0.5, 1; `both` is a member of `top` and ranks the same feature."""
    both = {"all": [leaf(None, "member_of", "top.top"), leaf("orders", "percentile_gte", 0.9)]}
    definitions = [
        audience("top", leaf("orders", "percentile_gte", 0.5)),
        audience("waits", MANY, exit_after_days=7),
        size(),
        audience("both", both),
    ]
    order = ordered(compiler(*definitions).ruled("customer"))
    assert [sorted(d.name for d in layer) for layer in order] == [["size"], ["top", "waits"], ["both"]]
    rows = " union all ".join(
        f"select '{v}' as customer_id, {v} as orders, date '2026-01-31' as as_of_date" for v in (1, 7, 9)
    )
    got = segmented(rows, *definitions)
    assert {r["customer_id"]: (r["in_top"], r["in_both"], r["in_waits"], r["size"]) for r in got} == {
        "1": (False, False, False, "unknown"),
        "7": (True, False, True, "a"),
        "9": (True, True, True, "a"),
    }
    assert sum(name.startswith("percentile__orders") for name in got[0]) == 1
