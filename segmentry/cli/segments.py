"""`segmentry segments ...`: write, check, compare and explain the definitions of segments."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from segmentry.cli import screen
from segmentry.config import Settings, project_vars
from segmentry.errors import DefinitionsFailedError
from segmentry.segments.catalogue import read_catalogue
from segmentry.segments.definitions import read_definitions
from segmentry.segments.findings import CHECKS, Finding
from segmentry.segments.lint import Limits
from segmentry.segments.lint import lint as run_lint
from segmentry.segments.revisions import checked_out, newest_commit_date
from segmentry.segments.versions import unversioned_changes

app = typer.Typer(
    name="segments",
    help="Write, check, compare and explain the definitions of segments.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command()
def lint(
    ctx: typer.Context,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="REVISION", help="Refuse rules that changed since then under the same version."),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help="The day review dates are held against. Default: newest commit.",
        ),
    ] = None,
) -> None:
    """Check every definition without dbt and without a database. Exit code 4 when something is found.

    Each check has a page with example, reason and remedy in `docs/segments/lint/`.

    Examples:

    `segmentry segments lint`

    `segmentry segments lint --base origin/main`
    """
    settings: Settings = ctx.obj
    root = settings.project_dir
    definitions = read_definitions(root)
    day = as_of.date() if as_of else newest_commit_date(root)
    limits = Limits(history_weeks=int(project_vars(root)["feature_history_weeks"]), as_of=day)
    found = run_lint(definitions, read_catalogue(root), limits)
    if base is not None:
        with checked_out(root, base) as old:
            found = sorted({*found, *unversioned_changes(read_definitions(old), definitions, base)})
    _show(found)
    count = sum(1 for _ in definitions.segments())
    screen.out().print(f"{count} segments of {len(definitions.dimensions)} dimensions and audiences: nothing found.")


def _show(found: list[Finding]) -> None:
    """One line per finding, as editors and CI read them, then the way to the pages."""
    if not found:
        return
    for finding in found:
        screen.out().print(str(finding), markup=False)
    codes = sorted({finding.code for finding in found})
    pages = "; ".join(f"{code}: {CHECKS[code]}" for code in codes)
    raise DefinitionsFailedError(
        f"{len(found)} finding(s) in the definitions of segments", f"See docs/segments/lint/<code>.md. {pages}."
    )
