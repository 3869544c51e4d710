"""Print what the library returned as tables."""

from __future__ import annotations

from collections import Counter

from segmentry.cli import screen
from segmentry.config import Settings
from segmentry.estimators.store import ModelRun
from segmentry.home.doctor import Check
from segmentry.home.status import Status
from segmentry.landing import LandedFile
from segmentry.publishing import current_generation
from segmentry.publishing.headline import headline_figures

_SHOWN_PUBLISHES = 5


def show_landed(files: list[LandedFile]) -> None:
    """Show totals by feed, quarantine reasons with an example, and every refused file with its remedy."""
    if not files:
        screen.note("The inbox is empty.")
        return
    numbers = ("files", "unchanged", "refused", "records", "accepted", "quarantined")
    rows = []
    for feed in sorted({file.feed for file in files}):
        of_feed = [file for file in files if file.feed == feed]
        states = [sum(file.status == status for file in of_feed) for status in ("unchanged", "refused")]
        sums = [sum(getattr(file, name) for file in of_feed) for name in numbers[3:]]
        rows.append([feed, len(of_feed), *states, *sums])
    screen.table("Landed by feed", ["feed", *numbers], rows, right=numbers)
    reasons = _quarantine_rows(files)
    if reasons:
        columns = ["feed", "reason", "rows", "first in", "what to do"]
        screen.table("Quarantined", columns, reasons, right=("rows",))
    placeholders = _placeholder_rows(files)
    if placeholders:
        screen.table("Placeholders, taken as no id", ["feed", "column", "rows"], placeholders, right=("rows",))
    for file in files:
        if file.status == "refused":
            screen.problem(f"{file.feed}/{file.file_name} was refused: {file.reason}", file.remedy or "")


def _placeholder_rows(files: list[LandedFile]) -> list[list[object]]:
    """Feed, column, and accepted rows in which a placeholder stood for no id."""
    counts: Counter[tuple[str, str]] = Counter()
    for file in files:
        counts.update({(file.feed, column): count for column, count in file.placeholders.items()})
    return [[*key, count] for key, count in sorted(counts.items())]


def _quarantine_rows(files: list[LandedFile]) -> list[list[object]]:
    """Feed, reason, rows, and the first example with its remedy, if landing kept one."""
    counts: dict[tuple[str, str], int] = {}
    places: dict[tuple[str, str], tuple[str, str]] = {}
    for file in files:
        for reason, count in file.reasons.items():
            counts[file.feed, reason] = counts.get((file.feed, reason), 0) + count
        for example in file.examples:
            reason = f"{example.code}:{example.column}" if example.column else example.code
            places.setdefault((file.feed, reason), (f"{file.file_name} row {example.row}", example.remedy))
    return [[*key, count, *places.get(key, ("", ""))] for key, count in sorted(counts.items())]


def show_published(settings: Settings, replay_label: str | None = None) -> None:
    """Show the headline figures and where the marts are."""
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
    """Show the state of a home."""
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
        numbers = ("files", "refused", "held", "records", "accepted", "duplicates", "quarantined", "unpublished")
        rows: list[list[object]] = [
            [f.feed, *(getattr(f, number) for number in numbers), f.last_landed_at] for f in state.feeds
        ]
        screen.table("Landed", ["feed", *numbers, "last landed (UTC)"], rows, numbers)
    if state.quarantine:
        rows = [[q.feed, q.reason, q.rows] for q in state.quarantine]
        screen.table("Quarantine", ["feed", "reason", "rows"], rows, ("rows",))
    if state.overlaps:
        rows = [[o.kind, o.phases] for o in state.overlaps]
        screen.table("Overlapping subscription phases", ["kind", "phases"], rows, ("phases",))
    if state.publishes:
        rows = [
            [p.publish_id, p.status, p.generation, p.published_at, p.as_of_date, p.rows, p.reason]
            for p in state.publishes[-_SHOWN_PUBLISHES:]
        ]
        columns = ["id", "status", "generation", "at (UTC)", "as of", "rows", "reason"]
        screen.table("Last publishes", columns, rows, ("id", "generation", "rows"))


def show_checks(checks: list[Check]) -> None:
    """Show the checks, then the remedy of each that failed."""
    rows: list[list[object]] = [["ok" if check.ok else "PROBLEM", check.name, check.detail] for check in checks]
    screen.table("This machine", ["", "check", "found"], rows)
    for check in checks:
        if not check.ok:
            screen.problem(f"{check.name}: {check.detail}", check.remedy)


def show_model_runs(runs: list[ModelRun]) -> None:
    """Show a line for each fit: the chosen model and its back-test, or why there is none."""
    rows: list[list[object]] = []
    for run in runs:
        ratio = "" if run.calibration_ratio is None else f"{run.calibration_ratio:.2f}"
        mark = " (outside 0.8 to 1.25)" if run.is_calibrated is False else ""
        rows.append([run.model, run.variant, run.status, run.trained_to, run.observations, ratio + mark, run.reason])
    columns = ["model", "chosen", "status", "trained to", "observations", "predicted / actual", "reason"]
    screen.table("Fitted models", columns, rows, ("observations",))
