"""Moves between two evaluations, over literal members: no dbt."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from segmentry.segments import diff


@pytest.fixture
def connection():
    """Account a (MRR 100) has the customers 1 and 2, account b (MRR 30) the customer 3; the 4 has no account."""
    with duckdb.connect() as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_accounts_as_of as from (values ('a', 100.00, true), ('a', 7.00, false),"
            " ('b', 30.00, true)) as t(account_id, mrr, is_current)"
        )
        connection.execute(
            "create table intermediate.int_customers_as_of as from (values ('1', 'a', true), ('2', 'a', true),"
            " ('3', 'b', true), ('4', null, true), ('1', 'a', false)) as t(customer_id, account_id, is_current)"
        )
        # customer 1 stays new, 2 goes from new to old, 3 from old to new; 4 and account b enter
        for name, rows in (
            (
                "base_members",
                "('customer', '1', 'd', 'new'), ('customer', '2', 'd', 'new'), ('customer', '3', 'd', 'old')",
            ),
            (
                "now_members",
                "('customer', '1', 'd', 'new'), ('customer', '2', 'd', 'old'), ('customer', '3', 'd', 'new'),"
                " ('customer', '4', 'd', 'new'), ('account', 'b', 'e', 'big')",
            ),
        ):
            connection.execute(
                f"create table {name} as from (values {rows}) as t(entity_type, entity_id, dimension, segment_key)"
            )
        yield connection


def test_kept_entered_and_left_with_their_mrr(connection):
    moves = {move.segment_key: move for move in diff._moves(connection, 10)}
    new, old, big = moves["new"], moves["old"], moves["big"]
    assert (new.kept, new.entered, new.left) == (1, 2, 1)
    assert (new.mrr_kept, new.mrr_entered, new.mrr_left) == (100, 30, 100)
    assert (new.who_entered, new.who_left) == (("3", "4"), ("2",))
    assert (old.kept, old.entered, old.left, old.mrr_entered, old.mrr_left) == (0, 1, 1, 100, 30)
    assert (big.entity_type, big.entered, big.mrr_entered) == ("account", 1, 30)


def test_names_are_as_many_as_asked_for(connection):
    moves = {move.segment_key: move for move in diff._moves(connection, 1)}
    assert moves["new"].who_entered == ("3",)
    assert all(move.who_entered == () for move in diff._moves(connection, 0))


def test_in_total_each_counts_once(connection):
    assert diff._moved(connection) == {"customer": (3, Decimal("130.00")), "account": (1, Decimal("30.00"))}
