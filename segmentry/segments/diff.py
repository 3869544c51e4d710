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
    """One segment under both definitions. MRR is that of accounts; a customer has an equal part of its account's."""

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
    """All moves of the dimensions that changed, and in total: entities that moved at all, with their MRR."""

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


_BOTH = """
with worth as (
    select 'account' as entity_type, account_id as entity_id, cast(mrr as decimal(38, 6)) as mrr
    from intermediate.int_accounts_as_of where is_current
    union all
    select
        'customer', customers.customer_id,
        cast(accounts.mrr / count(*) over (partition by accounts.account_id) as decimal(38, 6))
    from intermediate.int_customers_as_of as customers
    inner join intermediate.int_accounts_as_of as accounts
        on customers.account_id = accounts.account_id and accounts.is_current
    where customers.is_current
), compared as (
    select
        entity_type, entity_id, dimension, segment_key,
        base_members.entity_id is not null as was_in, now_members.entity_id is not null as is_in
    from base_members full join now_members using (entity_type, entity_id, dimension, segment_key)
), valued as (
    select compared.*, coalesce(worth.mrr, 0) as mrr from compared left join worth using (entity_type, entity_id)
)
"""


def _moves(connection: duckdb.DuckDBPyConnection, shown: int) -> list[Move]:
    kinds = {"kept": "was_in and is_in", "entered": "is_in and not was_in", "left": "was_in and not is_in"}
    counts = ", ".join(f"count(*) filter (where {test})" for test in kinds.values())
    sums = ", ".join(f"cast(coalesce(sum(mrr) filter (where {test}), 0) as decimal(18, 2))" for test in kinds.values())
    names = ", ".join(
        f"coalesce(list_sort(list(entity_id) filter (where {kinds[kind]}))[:{shown}], [])"
        for kind in ("entered", "left")
    )
    rows = connection.execute(
        f"{_BOTH} select entity_type, dimension, segment_key, {counts}, {sums}, {names} from valued"  # noqa: S608
        " group by all order by dimension, segment_key"
    ).fetchall()
    return [Move(*row[:9], *map(tuple, row[9:])) for row in rows]


def _moved(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, Decimal]]:
    """Entity type -> how many changed any membership, and their MRR, each counted once."""
    rows = connection.execute(
        f"{_BOTH}, once as (select distinct entity_type, entity_id, mrr from valued where was_in <> is_in)"  # noqa: S608
        " select entity_type, count(*), cast(sum(mrr) as decimal(18, 2)) from once group by all"
    ).fetchall()
    return {entity: (count, mrr) for entity, count, mrr in rows}


def _changed_definitions(base: Definitions, now: Definitions) -> list[str]:
    """`dimension.segment` of every definition that is new, gone or decides otherwise, in alphabetical order."""
    hashes = [
        {f"{d.name}.{s.key}": (rule_hash(d, i), i, d.exclusive) for d, i, s in side.segments()} for side in (base, now)
    ]
    return sorted(name for name in {*hashes[0], *hashes[1]} if hashes[0].get(name) != hashes[1].get(name))
