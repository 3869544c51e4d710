"""An audience export: a folder with the members to act on, what changed since the export before, and a manifest.

`HOME/exports/<audience>/<generation>/` holds `members` and `changes`, each as CSV and Parquet, and `manifest.json`.
It is made from the published marts only, where consent, suppression and hold-out were applied; members of the hold-out
are counted but never written. Changes are taken against the previous export, not against a day: a destination that
holds the previous one and applies them holds this one, whatever late data did in between.
"""
# ruff: noqa: S608 (statements are made of constants and of quoted paths)

from __future__ import annotations

import csv
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from segmentry.config import Settings
from segmentry.duck import open_read_only
from segmentry.errors import EnvironmentProblemError, UsageError
from segmentry.files import fsync, put_in_place, quoted, sha256, temporary_beside, write_text
from segmentry.publishing import Generation, current_generation

MEMBERS = "segments.audience_members"
_KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ROWS_AT_ONCE = 50_000


class ExportedFile(BaseModel):
    """One file of an export, so that a reader can tell it is whole."""

    name: str
    rows: int
    sha256: str


class AudienceExport(BaseModel):
    """What an export holds; kept beside its files as manifest.json."""

    audience: str
    generation: int
    previous_generation: int | None
    as_of_date: date | None
    members: int
    held_out: int
    entered: int
    left: int
    changed: int
    files: list[ExportedFile]

    def path(self, root: Path, name: str) -> Path:
        """Where one of its files lies below the root of exports."""
        return root / self.audience / f"{self.generation:08d}" / name


def exports_root(settings: Settings) -> Path:
    """The folder of all exports."""
    return settings.home / "exports"


def audience_keys(settings: Settings) -> list[str]:
    """The audiences that the published marts hold, by name."""
    with _open(_published(settings)) as marts:
        rows = marts.execute(
            "select distinct segment_key from core.dim_segments where not is_exclusive order by 1"
        ).fetchall()
    return [row[0] for row in rows]


def audience_exports(settings: Settings, audience: str) -> list[AudienceExport]:
    """Complete exports of an audience in the order they were made: each names the one before it.

    After a rollback that is not the order of their generations.
    """
    manifests = sorted((exports_root(settings) / _checked(audience)).glob("[0-9]*/manifest.json"))
    found = [AudienceExport.model_validate_json(path.read_text(encoding="utf-8")) for path in manifests]
    numbers = {export.generation for export in found}
    following = {export.previous_generation: export for export in found}
    ordered = []
    for export in found:
        after = export if export.previous_generation not in numbers else None
        while after:
            ordered.append(after)
            after = following.get(after.generation)
    return ordered


def export_audience(settings: Settings, audience: str) -> tuple[AudienceExport, bool]:
    """Export an audience from the published generation; a generation is exported once.

    Returns the export and whether it was made now. Raises UsageError for an audience that the marts do not hold,
    EnvironmentProblemError when nothing is published.
    """
    generation = _published(settings)
    known = audience_keys(settings)
    if audience not in known:
        raise UsageError(f"no audience '{audience}' in the published marts", f"Audiences: {', '.join(known)}.")
    earlier = audience_exports(settings, audience)
    for export in earlier:
        if export.generation == generation.number:
            return export, False
    # after a rollback the generation in force may be older than an export: the newest export is what destinations hold
    previous = earlier[-1] if earlier else None
    root = exports_root(settings)
    target = root / audience / f"{generation.number:08d}"
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_beside(target)
    temporary.mkdir()
    try:
        export = _write(generation, audience, previous, root, temporary)
        write_text(temporary / "manifest.json", export.model_dump_json(indent=2) + "\n")
        fsync(temporary)
        put_in_place(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return export, True


def _write(
    generation: Generation, audience: str, previous: AudienceExport | None, root: Path, folder: Path
) -> AudienceExport:
    manifest = generation.manifest()
    with _open(generation) as marts:
        held_out = _count(marts, f"from {MEMBERS} where audience_key = ? and is_holdout", audience)
        members = marts.sql(
            f"select * exclude (is_holdout) from {MEMBERS} where audience_key = ? and not is_holdout"
            " order by entity_type, entity_id",
            params=[audience],
        ).to_arrow_table()
        marts.register("members", members)
        before = f"read_parquet('{quoted(previous.path(root, 'members.parquet'))}')" if previous else "members limit 0"
        marts.execute(f"create temp view held as select * from {before}")
        changes = marts.sql(
            """
            select
                case
                    when held.entity_id is null then 'entered'
                    when members.entity_id is null then 'left'
                    else 'changed'
                end as change_type,
                coalesce(members.entity_type, held.entity_type) as entity_type,
                coalesce(members.entity_id, held.entity_id) as entity_id,
                members.* exclude (entity_type, entity_id)
            from members
            full join held
                on members.entity_type = held.entity_type and members.entity_id = held.entity_id
            where members.row_hash is distinct from held.row_hash
            order by 2, 3
            """
        ).to_arrow_table()
    kinds = changes.column("change_type").to_pylist()
    files = [_save(folder, name, table) for name, table in (("members", members), ("changes", changes))]
    return AudienceExport(
        audience=audience,
        generation=generation.number,
        previous_generation=previous.generation if previous else None,
        as_of_date=manifest.as_of_date,
        members=members.num_rows,
        held_out=held_out,
        entered=kinds.count("entered"),
        left=kinds.count("left"),
        changed=kinds.count("changed"),
        files=[file for pair in files for file in pair],
    )


def _save(folder: Path, name: str, table: pa.Table) -> list[ExportedFile]:
    parquet, text = folder / f"{name}.parquet", folder / f"{name}.csv"
    pq.write_table(table, parquet)
    with text.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(table.column_names)
        for batch in table.to_batches(_ROWS_AT_ONCE):
            writer.writerows([formula_safe(cell) for cell in row.values()] for row in batch.to_pylist())
    for path in (parquet, text):
        fsync(path)
    return [ExportedFile(name=path.name, rows=table.num_rows, sha256=sha256(path)) for path in (parquet, text)]


def formula_safe(cell: Any) -> Any:
    """A cell that no spreadsheet runs as a formula: text that starts like one gets an apostrophe (as OWASP says).

    Numbers and dates stay as they are. Parquet holds every value unchanged.
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _published(settings: Settings) -> Generation:
    generation = current_generation(settings.published)
    if generation is None:
        raise EnvironmentProblemError("nothing is published yet", "Run `segmentry build` first.")
    return generation


def _open(generation: Generation) -> duckdb.DuckDBPyConnection:
    return open_read_only(generation.marts)


def _count(connection: duckdb.DuckDBPyConnection, what: str, audience: str) -> int:
    ((count,),) = connection.execute(f"select count(*) {what}", [audience]).fetchall()
    return int(count)


def _checked(audience: str) -> str:
    if not _KEY.fullmatch(audience):
        raise UsageError(f"'{audience}' is not the name of an audience", "Names: small letters, digits, underscores.")
    return audience
