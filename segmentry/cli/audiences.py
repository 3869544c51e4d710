"""`segmentry audiences`: export members from the published marts and deliver them to other tools."""

from __future__ import annotations

from typing import Annotated

import typer

from segmentry.activation import audience_exports, audience_keys, deliver, destination, export_audience
from segmentry.cli import screen
from segmentry.config import Settings
from segmentry.errors import UsageError

app = typer.Typer(
    name="audiences", no_args_is_help=True, help="Export audiences and deliver their changes to other tools."
)

AudienceOption = Annotated[list[str] | None, typer.Option("--audience", help="Only this audience (repeat for more).")]


@app.command("export")
def export_command(ctx: typer.Context, audience: AudienceOption = None) -> None:
    """Write members and changes of each audience to HOME/exports, as CSV and Parquet with a manifest."""
    settings: Settings = ctx.obj
    rows: list[list[object]] = []
    for key in audience or audience_keys(settings):
        export, is_new = export_audience(settings, key)
        state = "written" if is_new else "unchanged"
        rows.append([key, export.members, export.held_out, export.entered, export.left, export.changed, state])
    numbers = ("members", "held out", "entered", "left", "changed")
    screen.table("Audiences", ["audience", *numbers, "export"], rows, right=numbers)
    screen.out().print(f"Files: {settings.home / 'exports'}")


@app.command("deliver")
def deliver_command(
    ctx: typer.Context,
    to: Annotated[str, typer.Option("--to", help="A folder, or an https:// URL that accepts JSON batches.")],
    audience: AudienceOption = None,
) -> None:
    """Send the batches that a destination does not have yet. After a failure, run it again to resume."""
    settings: Settings = ctx.obj
    target = destination(to)
    rows: list[list[object]] = []
    for key in audience or audience_keys(settings):
        if not audience_exports(settings, key):
            raise UsageError(f"audience '{key}' was never exported", "Run `segmentry audiences export` first.")
        done = deliver(settings, key, target)
        rows.append([key, ", ".join(map(str, done.generations)) or "none", done.sent, done.skipped])
    numbers = ("batches sent", "already there")
    screen.table(f"Delivered to {target.name}", ["audience", "generations", *numbers], rows, right=numbers)
