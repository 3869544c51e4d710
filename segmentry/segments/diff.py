"""`segments diff`: who enters, stays in and leaves each segment, and what MRR moves, under two definitions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from segmentry.definitions.hashes import rule_hash
from segmentry.definitions.model import Definitions
from segmentry.segments.evaluation import build_file, members
from segmentry.warehouse import BuildRecord


@dataclass(frozen=True)
class Move:
    """One segment under both definitions. MRR is that of accounts, each counted once in each number."""

    entity_type: str
    dimension: str
    segment_key: str
    kept: int
    entered: int
    left: int
    mrr_kept: Decimal
    mrr_entered: Decimal
    mrr_left: Decimal
    who_entered: tuple[str, ...] = ()
    who_left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """All moves of the dimensions that changed, and in total: entities that moved at all, with the MRR of their accounts."""

    moves: list[Move]
    changed_definitions: list[str]
    moved: dict[str, tuple[int, Decimal]]


def compare(project_dir: Path, record: BuildRecord, base: Definitions, now: Definitions, shown: int) -> Difference:
    """Evaluate both sets of definitions; name up to `shown` of those who entered and left each segment."""
    with build_file(record) as connection:
        for label, definitions in (("base", base), ("now", now)):
            members(connection, definitions, project_dir, label)
        moves = _moves(connection, shown)
        moved = _moved(connection)
    changed = _changed_definitions(base, now)
    dimensions = {name.partition(".")[0] for name in changed} | {m.dimension for m in moves if m.entered or m.left}
    return Difference([move for move in moves if move.dimension in dimensions], changed, moved)


# as in segment_transitions, an account with several movers brings its MRR once to each count
_BOTH = """
with owners as (
    select 'account' as entity_type, account_id as entity_id, account_id
    from intermediate.int_accounts_as_of where is_current
    union all
    select 'customer', customer_id, account_id from intermediate.int_customers_as_of where is_current
), compared as (
    select
        entity_type, entity_id, dimension, segment_key,
        case
            when now_members.entity_id is null then 'left' when base_members.entity_id is null then 'entered' else 'kept'
        end as move
    from base_members full join now_members using (entity_type, entity_id, dimension, segment_key)
), owned as (
    select
        compared.*, accounts.account_id, coalesce(accounts.mrr, 0) as account_mrr
    from compared
    left join owners using (entity_type, entity_id)
    left join intermediate.int_accounts_as_of as accounts
        on owners.account_id = accounts.account_id and accounts.is_current
), valued as (
    select
        *,
        case
            when row_number() over (
                partition by entity_type, dimension, segment_key, move, account_id order by entity_id
            ) = 1 then account_mrr else 0
        end as mrr
    from owned
)
"""
_MOVES = ("kept", "entered", "left")


def _moves(connection: duckdb.DuckDBPyConnection, shown: int) -> list[Move]:
    counts = ", ".join(f"count(*) filter (where move = '{move}')" for move in _MOVES)
    sums = ", ".join(
        f"cast(coalesce(sum(mrr) filter (where move = '{move}'), 0) as decimal(18, 2))" for move in _MOVES
    )
    names = ", ".join(
        f"coalesce(list_sort(list(entity_id) filter (where move = '{move}'))[:{shown}], [])"
        for move in ("entered", "left")
    )
    rows = connection.execute(
        f"{_BOTH} select entity_type, dimension, segment_key, {counts}, {sums}, {names} from valued"  # noqa: S608
        " group by all order by dimension, segment_key"
    ).fetchall()
    return [Move(*row[:9], *map(tuple, row[9:])) for row in rows]


def _moved(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, Decimal]]:
    """Entity type -> how many changed any membership, and the MRR of their accounts, each counted once."""
    rows = connection.execute(
        f"{_BOTH}, movers as (select distinct entity_type, entity_id, account_id, account_mrr from owned"  # noqa: S608
        " where move <> 'kept'), accounts as (select distinct entity_type, account_id, account_mrr from movers)"
        " select entity_type, (select count(*) from movers where movers.entity_type = accounts.entity_type),"
        " cast(sum(account_mrr) as decimal(18, 2)) from accounts group by all"
    ).fetchall()
    return {entity: (count, mrr) for entity, count, mrr in rows}


def _changed_definitions(base: Definitions, now: Definitions) -> list[str]:
    """`dimension.segment` of every definition that is new, gone or decides otherwise, in alphabetical order."""
    hashes = [
        {f"{d.name}.{s.key}": (rule_hash(d, i), i, d.exclusive) for d, i, s in side.segments()} for side in (base, now)
    ]
    return sorted(name for name in {*hashes[0], *hashes[1]} if hashes[0].get(name) != hashes[1].get(name))
