"""Definitions no longer in force are compiled beside those in force, for the history alone."""

from __future__ import annotations

import duckdb
import pytest
from segment_macros import CompilerError, definition, macros


def segment(key, limit, version=1):
    return {
        "key": key,
        "version": version,
        "rules": {"all": [{"id": "r", "feature": "orders", "op": "gte", "value": limit}]},
    }


def changed(**more):
    """Dimension size: b has begun at 20 orders, then at 10."""
    old = {"retired_on": "2026-02-01", "segments": [segment("b", 20)]}
    return definition("size", [segment("b", 10, version=2)], previous_versions=[old], **more)


def test_an_old_version_is_a_dimension_of_its_own_and_in_no_list_of_those_in_force():
    m = macros(changed(), definition("loyal", [segment("loyal", 5)], exclusive=False))
    assert [d["dimension"] for d in m.retired_dimensions()] == ["size__v1"]
    assert m.customer_dimensions() == ["size"]
    assert m.audiences("customer") == ["loyal"]
    assert [d["version"] for d in m.segment_definitions()] == [1, 2]
    (old,) = m.segment_definitions(m.retired_dimensions())
    assert (old["dimension"], old["version"], old["state"], old["retired_on"]) == ("size", 1, "size__v1", "2026-02-01")
    assert old["hash"] == macros(definition("size", [segment("b", 20)])).segment_definitions()[0]["hash"]
    assert m.dimension_version([segment("a", 1, 3), segment("b", 1, 2)]) == 4
    assert m.retired_states("customer") == ["size__v1"]
    assert m.retired_states("account") == []


def test_combinations_of_segments_hold_what_kpis_were_broken_down_by():
    m = macros(
        changed(entity="account"),
        definition("plan", [segment("plan", 1)]),
        definition("cohort", [segment("c", 1)], kpi_breakdown=False),
    )
    assert m.replaced_dimensions("account") == m.replaced_dimensions("customer") == ["size__v1"]
    assert m.set_dimensions("customer") == ["plan", "size", "size__v1"]
    assert m.set_dimensions("account") == ["size", "size__v1"]
    assert macros(changed()).replaced_dimensions("account") == []
    for hidden in (changed(kpi_breakdown=False), changed(exclusive=False)):
        assert macros(hidden).replaced_dimensions("customer") == []


def test_old_audiences_are_told_by_their_key():
    m = macros(changed(exclusive=False))
    assert m.retired_states("customer") == ["in_size__v1"]
    assert sorted(m.membership_states("customer")) == ["size"]
    states = m.membership_states("customer", with_retired=True)
    assert states["size__v1"] == "case when in_size__v1 then 'b' else '' end"


def test_both_rules_are_compiled_in_one_scan():
    rows = "select * from (values (1, 9), (2, 10), (3, 20)) as t (customer_id, orders)"
    sql = f"with known as ({rows}), {macros(changed()).segmented('customer', 'known', 'customer_id')}"
    found = duckdb.connect().sql(f"{sql} select customer_id, size, size__v1 from segmented order by 1").fetchall()
    assert found == [(1, "unknown", "unknown"), (2, "b", "unknown"), (3, "b", "b")]


def test_rows_of_definitions_say_when_they_were_retired():
    m = macros(changed())
    assert len(duckdb.connect().sql(m.definition_rows()).fetchall()) == 1
    rows = duckdb.connect().sql(
        f"select dimension, definition_version, state, retired_on::varchar from ({m.definition_rows(True)})"
    )
    assert rows.fetchall() == [("size", 2, "size", None), ("size", 1, "size__v1", "2026-02-01")]


def test_a_rule_written_by_hand_has_no_old_version():
    with pytest.raises(CompilerError, match="seg_size is written by hand"):
        macros(changed(hand_written=True)).retired_dimensions()
