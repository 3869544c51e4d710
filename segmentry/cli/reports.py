"""Tables of what the library returned."""

from __future__ import annotations

from typing import Any

from segmentry.cli import screen
from segmentry.config import Settings
from segmentry.doctor import Check
from segmentry.headline import headline_figures
from segmentry.publishing import current_generation
from segmentry.status import Status

_SHOWN_EXAMPLES = 3
_SHOWN_PUBLISHES = 5


def show_landed(files: list[Any]) -> None:
    """One line per file, then for every refused or quarantined one: why, where, and what to do."""
    numbers = ("records", "accepted", "quarantined")
    rows = [[f.feed, f.file_name, f.status, f.records, f.accepted, f.quarantined] for f in files]
    if not files:
        screen.note("The inbox holds no file.")
        return
    screen.table("Landed files", ["feed", "file", "status", *numbers], rows, right=numbers)
    for file in files:
        if file.status == "refused":
            screen.problem(f"{file.feed}/{file.file_name} was refused: {file.reason}", file.remedy or "")
        if file.reasons:
            reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(file.reasons.items()))
            screen.note(f"{file.feed}/{file.file_name} quarantined: {reasons}")
            for example in file.examples[:_SHOWN_EXAMPLES]:
                screen.note(f"  for example {example}")


def show_published(settings: Settings, replay_label: str | None = None) -> None:
    """Where to look, and the headline figures."""
    root = settings.published / "replays" / replay_label if replay_label else settings.published
    current = current_generation(root)
    if current is None:
        return
    manifest = current.manifest()
    figures = headline_figures(root / "marts.duckdb")
    if figures:
        title = f"Headline figures as of {manifest.as_of_date}" if manifest.as_of_date else "Headline figures"
        screen.table(title, ["figure", "value", "mart"], [[f.label, f.value, f.mart] for f in figures], ("value",))
    console = screen.out()
    size = f"{len(manifest.tables)} tables, {manifest.rows:,} rows"
    console.print(f"Published: {size} (generation {manifest.generation})")
    console.print(f"  DuckDB   {root / 'marts.duckdb'}", markup=False)
    console.print(f"  Parquet  {root / 'parquet'}/<schema>/<table>/", markup=False)


def show_status(state: Status) -> None:
    """The whole state of a home."""
    console = screen.out()
    console.print(f"Home       {state.home}", markup=False)
    holder = state.holder
    lock = f"run {holder.run_id} ({holder.command}, process {holder.pid}) since {holder.since}" if holder else "free"
    console.print(f"Lock       {lock}", markup=False)
    build = state.build
    built = f"{build.status}, preset {build.preset}, run {build.run_id}, {build.seconds:.0f} s" if build else "nothing"
    console.print(f"Built      {built}", markup=False)
    kept = ", ".join(map(str, state.kept_generations)) or "none"
    console.print(f"Published  generation {state.generation or 'none'} (kept: {kept})", markup=False)
    if state.feeds:
        numbers = ("files", "refused", "records", "accepted", "quarantined")
        rows: list[list[object]] = [
            [f.feed, f.files, f.refused, f.records, f.accepted, f.quarantined, f.last_landed_at] for f in state.feeds
        ]
        screen.table("Landed", ["feed", *numbers, "last landed (UTC)"], rows, numbers)
    if state.quarantine:
        rows = [[q.feed, q.reason, q.rows] for q in state.quarantine]
        screen.table("Quarantine", ["feed", "reason", "rows"], rows, ("rows",))
    if state.publishes:
        rows = [
            [p.publish_id, p.status, p.generation, f"{p.published_at:%Y-%m-%d %H:%M}", p.as_of_date, p.rows, p.reason]
            for p in state.publishes[-_SHOWN_PUBLISHES:]
        ]
        columns = ["id", "status", "generation", "at (UTC)", "as of", "rows", "reason"]
        screen.table("Last publishes", columns, rows, ("id", "generation", "rows"))


def show_checks(checks: list[Check]) -> None:
    """Doctor's findings, then the remedies of what failed."""
    rows: list[list[object]] = [["ok" if check.ok else "PROBLEM", check.name, check.detail] for check in checks]
    screen.table("This machine", ["", "check", "found"], rows)
    for check in checks:
        if not check.ok:
            screen.problem(f"{check.name}: {check.detail}", check.remedy)
