"""Held files: landed files that failed a check of the whole file, although each row meets the contract.

A held file is in `raw/_held/`, which dbt does not read; its ledger row says `held` and why. The sender may send a
corrected file under the same name, or you release the held one. The ledger row is written first when holding and last
when releasing, so after a kill the next landing finds in the ledger where each file belongs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from segmentry.errors import UsageError
from segmentry.files import put_in_place, temporary_beside
from segmentry.landing.ledger import Ledger, LedgerRow, read_rows

RELEASED = "released"
"""Reason of a file that was released: no check holds it again."""


def hold(raw: Path, load_ids: Collection[int], reason: str) -> None:
    """Move landed files to where dbt does not read them. `reason` names the check and contains no value of the file.

    The caller holds the writer lock. Raises UsageError if a file has not landed.
    """
    remedy = "Send a corrected file under any name, or run `segmentry release` if this one is right."
    for row in _rows(raw, load_ids, "landed"):
        _write(raw, row, "held", reason, remedy)
        _move(raw, row.load_id, held=True)


def release(raw: Path, load_ids: Collection[int]) -> None:
    """Move held files back. The caller holds the writer lock. Raises UsageError if a file is not held."""
    for row in _rows(raw, load_ids, "held"):
        _move(raw, row.load_id, held=False)
        _write(raw, row, "landed", RELEASED, None)


def finish_interrupted_holds(raw: Path, held: Collection[int]) -> None:
    """Finish an interrupted hold: move every file that the ledger calls held to where dbt does not read it."""
    for load_id in held:
        _move(raw, load_id, held=True)


def _rows(raw: Path, load_ids: Collection[int], status: str) -> Iterator[LedgerRow]:
    known = {row.load_id: row for row in read_rows(raw) if row.status == status}
    missing = sorted(set(load_ids) - set(known))
    if missing:
        listed = ", ".join(map(str, known)) or "none"
        raise UsageError(f"load {missing[0]} is not {status}", f"Loads that are: {listed}.")
    yield from (known[load_id] for load_id in sorted(load_ids))


def _write(raw: Path, row: LedgerRow, status: str, reason: str, remedy: str | None) -> None:
    changed = LedgerRow(**(row.__dict__ | {"status": status, "reason": reason, "remedy": remedy}))
    Ledger(raw).add(changed, temporary_beside(raw / "_ledger" / "row"))


def _move(raw: Path, load_id: int, *, held: bool) -> None:
    """Move a load's accepted and quarantined rows to `raw/_held/` or back."""
    away = raw / "_held"
    source, target = (raw, away) if held else (away, raw)
    for path in [*source.glob(f"*/{load_id:08d}-*.parquet"), *source.glob(f"_quarantine/*/{load_id:08d}-*.parquet")]:
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        put_in_place(path, place)
