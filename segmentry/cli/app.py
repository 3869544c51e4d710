"""The commands. Each reads its options, takes the lock if it writes, and shows what the library returns."""

from __future__ import annotations

import importlib
import importlib.util
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from segmentry import __version__
from segmentry.cli import audiences, definitions, screen, segments
from segmentry.cli.engines import compare, spark
from segmentry.cli.guard import Exit, GuardedGroup
from segmentry.cli.reports import show_checks, show_landed, show_model_runs, show_published, show_status
from segmentry.config import (
    DEFAULT_PRESET,
    DEFAULT_TARGET,
    Settings,
    VarValue,
    new_run_id,
    parse_assignments,
    presets,
    project_vars,
    resolve_vars,
)
from segmentry.contracts import load_contracts
from segmentry.demo import generate
from segmentry.demo.home import check_demo_home, mark_demo_home
from segmentry.errors import InputRefusedError, UsageError
from segmentry.estimators.store import duckdb_reader
from segmentry.explorer.command import explore
from segmentry.home.doctor import examine
from segmentry.home.lock import Lock, writer_lock
from segmentry.home.status import read_status
from segmentry.landing import LandedFile
from segmentry.landing import land as run_land
from segmentry.landing import release as run_release
from segmentry.publishing import publish as run_publish
from segmentry.publishing import rollback as run_rollback
from segmentry.publishing.inputs import landed_inputs
from segmentry.warehouse import BuildListener, BuildRequest, read_record, require_green
from segmentry.warehouse import build as run_build

EPILOG = """
**Every day:** put files into `HOME/inbox/<feed>/`, then run `segmentry land` and `segmentry build`.
Point BI tools to `HOME/published/marts.duckdb` or `HOME/published/parquet/`, never to the build file.

**Exit codes:** 0 success · 1 internal error, or a difference found by `compare` · 2 wrong usage · 3 an input file was
refused · 4 a model, test, audit or segment definition failed and nothing was published · 5 another run holds the lock ·
6 a problem with this machine (disk, permissions, versions) · 130 interrupted · 143 terminated.

**Environment:** `SEGMENTRY_HOME`, `SEGMENTRY_PROJECT_DIR`, `SEGMENTRY_PRESET`, `SEGMENTRY_KEEP_GENERATIONS` (5),
`SEGMENTRY_MAX_QUARANTINED_SHARE` (0.05), `SEGMENTRY_MEMORY_LIMIT` (3GB, of DuckDB),
`SEGMENTRY_SPARK_HOST` and `_PORT` (a thrift server elsewhere).
"""

app = typer.Typer(
    name="segmentry",
    cls=GuardedGroup,
    help="A customer-segmentation warehouse: turns raw feeds into audited segment tables and KPI marts.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(audiences.app)
app.add_typer(definitions.app)
app.add_typer(segments.app)

PresetOption = Annotated[
    str | None,
    typer.Option(
        "--preset",
        envvar="SEGMENTRY_PRESET",
        help="The layout of your files: `feeds` or a folder of contracts/. Default: that of the last build.",
    ),
]
ShareOption = Annotated[
    float | None,
    typer.Option(
        "--max-quarantined-share",
        min=0,
        max=1,
        help="Fail if a feed has more than this share of its new records in quarantine.",
    ),
]

TargetOption = Annotated[str, typer.Option("--target", help="The engine to build on: `duckdb` or `spark`.")]


def main() -> None:
    """Entry point of the `segmentry` script."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    app(prog_name="segmentry")


def _show_version(wanted: bool) -> None:
    if wanted:
        screen.out().print(f"segmentry {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    home: Annotated[
        Path | None, typer.Option("--home", envvar="SEGMENTRY_HOME", help="The data folder. Default: PROJECT/data.")
    ] = None,
    project_dir: Annotated[
        Path | None,
        typer.Option("--project-dir", help="The folder of dbt_project.yml. Default: this folder or one above it."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    """Read the options that all commands share."""
    ctx.obj = Settings.load(home=home, project_dir=project_dir)


app.command()(compare)
app.command()(explore)
app.add_typer(spark, name="spark")


@app.command()
def demo(
    ctx: typer.Context,
    scale: Annotated[
        float, typer.Option(min=0.01, max=100, help="Size of the company. 1 is 2,000 accounts and 12,000 users.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random numbers.")] = 7,
) -> None:
    """Generate a demo company, then land, build, audit and publish it, and show its headline figures.

    Examples:

    `segmentry demo` · the full company, in under 3 minutes

    `segmentry --home /tmp/small demo --scale 0.05` · a small one elsewhere
    """
    settings = _settings(ctx)
    check_demo_home(settings, scale, seed)
    with _writing(settings, "demo") as (run_id, lock):
        with screen.step("Make the demo company") as update:
            generate(settings.inbox, settings.home / "truth", scale=scale, seed=seed, on_progress=update)
        mark_demo_home(settings, scale, seed)
        refused = _land(settings, DEFAULT_PRESET, None)
        _build_and_publish(settings, run_id, lock, resolve_vars(settings.project_dir), full_refresh=False)
    show_published(settings)
    _fail_on_refused(refused)


@app.command()
def prepare(
    ctx: typer.Context,
    preset: Annotated[str, typer.Argument(help="The preset to prepare files for.")],
    source: Annotated[Path | None, typer.Option("--from", help="The folder of the downloaded data set.")] = None,
) -> None:
    """Copy a public data set into the inbox, in the form that its preset's contracts expect.

    Example: `segmentry prepare online_retail_ii --from ~/downloads/online_retail_ii`
    """
    settings = _settings(ctx)
    known = [name for name in presets(settings.project_dir) if _adapter(name)]
    adapter = _adapter(preset) if preset in known else None
    if adapter is None:
        raise UsageError(f"no preset '{preset}' that needs preparing", f"Choose one of: {', '.join(known) or 'none'}.")
    if source is not None and not source.is_dir():
        raise UsageError(f"--from {source} is not a folder", "Name the folder that holds the data set.")
    settings.inbox.mkdir(parents=True, exist_ok=True)
    with screen.step(f"Prepare {preset}"):
        importlib.import_module(adapter).prepare(settings.inbox, source)
    screen.out().print(f"Next: segmentry land --preset {preset} && segmentry build --preset {preset}")


@app.command()
def land(
    ctx: typer.Context,
    preset: PresetOption = None,
    feed: Annotated[list[str] | None, typer.Option("--feed", help="Only this feed (repeat for more).")] = None,
) -> None:
    """Load the files in the inbox. Valid rows are stored as Parquet, the others go to quarantine with a reason.

    A file that has already landed is skipped. A file with a known name but different content is refused (exit code 3).

    Examples:

    `segmentry land`

    `segmentry land --feed events --feed users`
    """
    settings = _settings(ctx)
    with _writing(settings, "land"):
        refused = _land(settings, _preset(settings, preset), feed)
    _fail_on_refused(refused)


@app.command()
def release(
    ctx: typer.Context,
    loads: Annotated[
        list[int], typer.Argument(min=1, metavar="LOAD...", help="Load numbers, as in trust.feed_ledger.")
    ],
) -> None:
    """Release files that a quality check held, so that the next build includes them.

    Example: `segmentry release 69`
    """
    settings = _settings(ctx)
    with _writing(settings, "release"):
        run_release(settings.raw, loads)
    screen.out().print(f"Released {len(loads)} file(s). Next: segmentry build")


@app.command()
def build(  # noqa: PLR0917 (Typer passes options by name)
    ctx: typer.Context,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Rebuild incremental tables from scratch.")
    ] = False,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Replay: build the marts as of this day.")
    ] = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", metavar="DATE", help="Replay: use only what had arrived by this time.")
    ] = None,
    preset: PresetOption = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="VAR=VALUE", help="Set a var of dbt_project.yml for this run.")
    ] = None,
    max_quarantined_share: ShareOption = None,
    target: TargetOption = DEFAULT_TARGET,
) -> None:
    """Build every model, run every test, audit the marts and publish them. A failed build publishes nothing.

    A replay (`--as-of`, `--known-at`) has its own warehouse file and is published in `published/replays/`.

    Examples:

    `segmentry build`

    `segmentry build --set reporting_timezone=Europe/London --set session_gap_minutes=45`

    `segmentry build --as-of 2026-01-31 --known-at 2026-02-15`

    `segmentry build --target spark` · build on Spark, publish from here
    """
    settings = _settings(ctx, max_quarantined_share)
    chosen = _preset(settings, preset)
    variables = resolve_vars(settings.project_dir, chosen, parse_assignments(assignments or []), as_of, known_at)
    label = _replay_label(variables)
    _need_landed_data(settings, variables)
    with _writing(settings, "build") as (run_id, lock):
        _build_and_publish(settings, run_id, lock, variables, full_refresh=full_refresh, label=label, target=target)
    show_published(settings, label)


@app.command()
def fit(
    ctx: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="Fit even if the last fits are recent enough.")] = False,
) -> None:
    """Fit the lifetime value, tenure and cluster models on the last build. `segmentry build` does so when due.

    The next `segmentry build` scores customers with the new fits.

    Example: `segmentry fit --force`
    """
    from segmentry.estimators.runs import fit_models  # noqa: PLC0415 (SciPy: slow, and only wanted here)

    settings = _settings(ctx)
    with _writing(settings, "fit"):
        record = require_green(settings)
        with screen.step("Fit the models"), duckdb_reader(record.warehouse) as read:
            runs = fit_models(settings.models, read, record.vars, force=force)
    show_model_runs(runs)


@app.command()
def publish(
    ctx: typer.Context, max_quarantined_share: ShareOption = None, target: TargetOption = DEFAULT_TARGET
) -> None:
    """Audit and publish the last green build again, for example with a higher quarantine limit.

    Example: `segmentry publish --max-quarantined-share 0.2`
    """
    settings = _settings(ctx, max_quarantined_share)
    with _writing(settings, "publish") as (run_id, _):
        record = require_green(settings, target=target)
        with screen.step("Audit and publish") as update:
            run_publish(settings, record, run_id, on_progress=update)
    show_published(settings)


@app.command()
def rollback(
    ctx: typer.Context,
    to: Annotated[
        int | None, typer.Option("--to", min=1, help="The generation to publish. Default: the previous one.")
    ] = None,
) -> None:
    """Switch readers back to an older generation of the marts, in one step.

    Examples:

    `segmentry rollback`

    `segmentry rollback --to 12`
    """
    settings = _settings(ctx)
    with _writing(settings, "rollback") as (run_id, _), screen.step("Roll back"):
        manifest = run_rollback(settings, run_id, to)
    screen.out().print(f"Generation {manifest.generation} of {manifest.created_at:%Y-%m-%d %H:%M} UTC is published.")


@app.command()
def status(ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show what has landed, what is in quarantine, the last build, the published marts, and who holds the lock.

    Example: `segmentry status --json | jq .generation`
    """
    state = read_status(_settings(ctx))
    if as_json:
        typer.echo(state.model_dump_json(indent=2))
    else:
        show_status(state)


@app.command()
def doctor(ctx: typer.Context) -> None:
    """Check this machine: versions, project, writable folders, disk space. Exit code 6 if a check fails.

    Example: `segmentry --home /srv/segmentry doctor`
    """
    checks = examine(_settings(ctx))
    show_checks(checks)
    if not all(check.ok for check in checks):
        raise typer.Exit(Exit.ENVIRONMENT)


def _settings(ctx: typer.Context, max_quarantined_share: float | None = None) -> Settings:
    settings: Settings = ctx.obj
    if max_quarantined_share is None:
        return settings
    return settings.model_copy(update={"max_quarantined_share": max_quarantined_share})


@contextmanager
def _writing(settings: Settings, command: str) -> Iterator[tuple[str, Lock]]:
    run_id = new_run_id()
    with writer_lock(settings.home, run_id, f"segmentry {command}") as lock:
        yield run_id, lock


def _preset(settings: Settings, given: str | None) -> str:
    """The preset given on the command line, else that of the last build: a home holds the data of one preset."""
    if given:
        return given
    last = read_record(settings)
    if last is None or last.preset == DEFAULT_PRESET:
        return DEFAULT_PRESET
    screen.note(f"Using preset {last.preset}, as in the last build.")
    return last.preset


def _need_landed_data(settings: Settings, variables: dict[str, VarValue]) -> None:
    """Without data, tests fail one by one: name the one cause instead. Tables in `raw_schema` count as data."""
    schema = variables.get("raw_schema", project_vars(settings.project_dir).get("raw_schema"))
    if schema is None and landed_inputs(settings.raw).batches == 0:
        raise UsageError(
            f"nothing has been landed in {settings.home}",
            f"Put files into {settings.inbox}/<feed>/ and run `segmentry land`; or see `segmentry demo`.",
        )


def _adapter(preset: str) -> str | None:
    module = f"segmentry.presets.{preset}"
    try:
        return module if importlib.util.find_spec(module) else None
    except ModuleNotFoundError:
        return None


def _land(settings: Settings, preset: str, feeds: list[str] | None) -> list[LandedFile]:
    """Land the inbox, show the result, and return the refused files."""
    if preset not in presets(settings.project_dir):
        raise UsageError(f"no preset '{preset}'", f"Choose one of: {', '.join(presets(settings.project_dir))}.")
    contracts = load_contracts(settings.project_dir / "contracts", preset=preset)
    unknown = sorted(set(feeds or []) - set(contracts))
    if unknown:
        raise UsageError(f"no feed '{unknown[0]}'", f"Feeds of {preset}: {', '.join(sorted(contracts))}.")
    with screen.step("Land the inbox") as update:
        files = run_land(settings.home, contracts, now=datetime.now(UTC), feeds=feeds, on_progress=update)
    show_landed(files)
    return [file for file in files if file.status == "refused"]


def _fail_on_refused(refused: list[LandedFile]) -> None:
    if refused:
        raise InputRefusedError(
            f"{len(refused)} file(s) were refused; all others have landed",
            "See the remedy of each refused file above.",
        )


def _build_and_publish(
    settings: Settings,
    run_id: str,
    lock: Lock,
    variables: dict[str, VarValue],
    *,
    full_refresh: bool,
    label: str | None = None,
    target: str = DEFAULT_TARGET,
) -> None:
    with screen.step("Build and test the models") as update:
        request = BuildRequest(
            run_id,
            variables,
            full_refresh=full_refresh,
            replay=label is not None,
            target=target,
            lock_fd=lock.fileno,
        )
        record = run_build(settings, request, BuildListener(on_progress=update))
    if record.full_refresh and not full_refresh and label is None:
        screen.note("Rebuilt incremental tables from scratch: vars have changed, or the last build was interrupted.")
    with screen.step("Audit and publish") as update:
        run_publish(settings, record, run_id, replay_label=label, on_progress=update)


def _replay_label(variables: dict[str, VarValue]) -> str | None:
    """`as-of-2026-01-31_known-at-2026-02-15`, or None for an ordinary build."""
    parts = [
        f"{word}-{str(variables[name]).replace(' 00:00:00', '').replace(' ', 'T').replace(':', '')}"
        for word, name in (("as-of", "as_of_date"), ("known-at", "known_at"))
        if variables.get(name)
    ]
    return "_".join(parts) or None
