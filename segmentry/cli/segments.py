"""`segmentry segments ...`: write, check, compare and explain the definitions of segments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from segmentry.cli import screen
from segmentry.cli.segment_reports import as_markdown, show_difference
from segmentry.config import Settings, project_vars
from segmentry.definitions.catalogue import read_catalogue
from segmentry.definitions.findings import CHECKS, Finding
from segmentry.definitions.model import read_definitions
from segmentry.errors import DefinitionsFailedError
from segmentry.segments.diff import compare
from segmentry.segments.explain import explain as run_explain
from segmentry.segments.explain import line
from segmentry.segments.lint import Limits
from segmentry.segments.lint import lint as run_lint
from segmentry.segments.revisions import checked_out, definitions_of, newest_commit_date
from segmentry.segments.sizes import published_sizes
from segmentry.segments.template import write_template
from segmentry.segments.versions import unversioned_changes
from segmentry.warehouse import require_green

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


@app.command("list")
def list_segments(ctx: typer.Context) -> None:
    """Show every segment with its owner and aim, and its size as published.

    Example: `segmentry segments list`
    """
    settings: Settings = ctx.obj
    sizes = published_sizes(settings)
    rows: list[list[object]] = []
    for dimension, _, segment in read_definitions(settings.project_dir).segments():
        size = sizes.get((dimension.name, segment.key), 0 if sizes else None)
        about = [segment.version, size, segment.owner, segment.goal_kpi, segment.review_by]
        rows.append([dimension.name, segment.key, dimension.entity, *about, segment.tactic])
    columns = ["dimension", "segment", "entity", "version", "size", "owner", "goal KPI", "review by", "tactic"]
    screen.table("Segments", columns, rows, right=("version", "size"))


@app.command()
def new(
    ctx: typer.Context,
    dimension: Annotated[str, typer.Argument(help="Name of the dimension, such as team_size.")],
    entity: Annotated[str, typer.Option("--entity", help="customer or account.")] = "customer",
) -> None:
    """Write the definition of a dimension to start from, with rules and fixtures.

    Examples:

    `segmentry segments new team_size`

    `segmentry segments new contract --entity account`
    """
    settings: Settings = ctx.obj
    root = settings.project_dir
    today = newest_commit_date(root) or datetime.now(UTC).date()
    path = write_template(root, dimension, entity, today)
    screen.out().print(f"Written: {path.relative_to(root)}", markup=False)
    screen.out().print("Next: edit the rules, run `segmentry segments lint`, then `segmentry definitions compile`.")


@app.command()
def diff(
    ctx: typer.Context,
    base: Annotated[str, typer.Argument(help="A revision of git, or a file or folder with definitions.")],
    markdown: Annotated[bool, typer.Option("--markdown", help="For the text of a pull request.")] = False,
    who: Annotated[int, typer.Option("--who", min=0, max=1000, help="List so many of those who enter and leave.")] = 0,
) -> None:
    """Compare memberships and MRR under the definitions of BASE and those of the working tree, on the built data.

    Both are compiled and run on the build file, which is opened read-only. dbt is not needed.

    Examples:

    `segmentry segments diff origin/main`

    `segmentry segments diff HEAD~1 --who 10`

    `segmentry segments diff origin/main --markdown > diff.md`
    """
    settings: Settings = ctx.obj
    record = require_green(settings)
    with screen.step("Evaluate both definitions"), definitions_of(settings.project_dir, base) as old:
        found = compare(settings.project_dir, record, old, read_definitions(settings.project_dir), who)
    if markdown:
        typer.echo(as_markdown(found, base))
    else:
        show_difference(found, base)


@app.command()
def explain(
    ctx: typer.Context,
    entity: Annotated[str, typer.Argument(help="customer_id or account_id.")],
    segment: Annotated[
        str | None, typer.Argument(help="A segment, or dimension.segment. Default: those it is in.")
    ] = None,
) -> None:
    """Show what each rule of a segment says of one customer or account, as published, and how far it is off.

    Examples:

    `segmentry segments explain u-00042`

    `segmentry segments explain u-00042 engagement.dormant`
    """
    found = run_explain(ctx.obj, entity, segment)
    columns = ["segment", "is", "rule", "seen", "the rule", "distance"]
    screen.table(f"Segments of {entity}", columns, [line(said) for said in found], right=("distance",))


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
