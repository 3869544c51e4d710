"""`segmentry definitions ...`: definitions of segments as SQL."""

from __future__ import annotations

from typing import Annotated

import typer

from segmentry.cli import screen
from segmentry.config import Settings
from segmentry.definitions.command import check, compile_definitions

app = typer.Typer(
    name="definitions",
    help="Compile the definitions of segments and audiences into dbt models.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command("compile")
def compile_(
    ctx: typer.Context,
    only_check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 4 when a compiled file is not current.")
    ] = False,
) -> None:
    """Write the SQL, seeds, YAML and unit tests that follow from `definitions/`, and the JSON Schema of its files.

    The files are checked in. `segmentry build` and CI run the check.

    Examples:

    `segmentry definitions compile`

    `segmentry definitions compile --check`
    """
    settings: Settings = ctx.obj
    root = settings.project_dir
    if only_check:
        count = check(root)
        screen.out().print(f"{count} compiled files are current.")
        return
    written, removed = compile_definitions(root)
    for verb, paths in (("Written", written), ("Removed", removed)):
        for path in paths:
            screen.out().print(f"{verb}: {path.relative_to(root)}", markup=False)
    if not written and not removed:
        screen.out().print("Every compiled file is current.")
