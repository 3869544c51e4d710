"""Commands for engines: run a local Spark cluster, and compare two builds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from segmentry.cli import screen
from segmentry.cli.guard import Exit, GuardedGroup
from segmentry.comparison import TableComparison, read_renames
from segmentry.comparison import compare as run_compare
from segmentry.config import Settings
from segmentry.errors import UsageError
from segmentry.spark.cluster import Cluster, Options, down, status, tasks_by_executor
from segmentry.spark.cluster import up as run_up
from segmentry.warehouse.engines import TARGETS

_DEFAULT = Options()
_PROPERTY = re.compile(r"spark\.[\w.]+=.+")

spark = typer.Typer(
    name="spark",
    cls=GuardedGroup,
    help="A small Spark cluster on this machine, for `--target spark`.",
    no_args_is_help=True,
)


def compare(
    ctx: typer.Context,
    target_a: Annotated[
        str, typer.Argument(metavar="TARGET_A", help="`duckdb`, `spark`, or a DuckDB file with marts.")
    ],
    target_b: Annotated[str, typer.Argument(metavar="TARGET_B", help="The other side.")],
    renames: Annotated[
        Path | None,
        typer.Option(
            "--renames",
            help="YAML file of what was renamed from A to B: `tables: {OLD: NEW}`, `columns: {TABLE: {OLD: NEW}}`,"
            " `values: {TABLE: {COLUMN: {OLD: NEW}}}`, `dropped_tables: []`, `added_tables: []`,"
            " `dropped_columns: {TABLE: []}`, `added_columns: {TABLE: []}`. TABLE is the new `schema.table`.",
        ),
    ] = None,
) -> None:
    """Compare all marts of two builds row by row, and show the first rows that differ. Exit code 1 on any difference.

    Examples:

    `segmentry compare duckdb spark`

    `segmentry compare /srv/before/marts.duckdb duckdb --renames renames.yml`
    """
    settings: Settings = ctx.obj
    file_a, file_b = (_build_file(settings, target) for target in (target_a, target_b))
    with screen.step(f"Compare {target_a} with {target_b}") as update:
        results = run_compare(file_a, file_b, update, read_renames(renames) if renames else None)
    _show(results, target_a, target_b)
    if not all(result.is_equal for result in results):
        raise typer.Exit(Exit.INTERNAL)


@spark.command()
def up(  # noqa: PLR0917 (Typer passes options by name)
    ctx: typer.Context,
    workers: Annotated[int, typer.Option(min=1, max=16, help="How many workers.")] = _DEFAULT.workers,
    cores: Annotated[int, typer.Option(min=1, max=64, help="Cores of each.")] = _DEFAULT.cores,
    executor_mb: Annotated[int, typer.Option(min=512, help="Heap of each worker's executor.")] = _DEFAULT.executor_mb,
    driver_mb: Annotated[int, typer.Option(min=768, help="Heap of the thrift server.")] = _DEFAULT.driver_mb,
    thrift_port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free port.")] = _DEFAULT.thrift_port,
    conf: Annotated[
        list[str] | None,
        typer.Option("--conf", metavar="NAME=VALUE", help="A Spark property (repeat for more)."),
    ] = None,
) -> None:
    """Start one master, workers and a thrift server on loopback, with their state in HOME/spark/."""
    options = Options(
        workers=workers,
        cores=cores,
        executor_mb=executor_mb,
        driver_mb=driver_mb,
        thrift_port=thrift_port,
        properties=_properties(conf or []),
    )
    settings: Settings = ctx.obj
    with screen.step("Start Spark"):
        cluster = run_up(settings.home, options)
    _show_cluster(cluster)


@spark.command("down")
def stop(ctx: typer.Context) -> None:
    """Stop the cluster and keep its tables."""
    settings: Settings = ctx.obj
    stopped = down(settings.home)
    screen.out().print(f"Stopped: {', '.join(stopped) or 'nothing was running'}")


@spark.command("status")
def show(ctx: typer.Context) -> None:
    """Show whether the cluster is up, and the tasks of each executor. Exit code 6 if it is not."""
    settings: Settings = ctx.obj
    cluster = status(settings.home)
    if cluster is None:
        screen.out().print("Spark is not up.")
        raise typer.Exit(Exit.ENVIRONMENT)
    _show_cluster(cluster)
    for executor, tasks in sorted(tasks_by_executor(cluster).items()):
        screen.out().print(f"  executor {executor}: {tasks:,} tasks")


def _properties(pairs: list[str]) -> dict[str, str]:
    for pair in pairs:
        if not _PROPERTY.fullmatch(pair):
            raise UsageError(
                f"'{pair}' is no property of Spark", "Write NAME=VALUE: --conf spark.sql.shuffle.partitions=2"
            )
    return dict(pair.split("=", 1) for pair in pairs)


def _build_file(settings: Settings, target: str) -> Path:
    if target in TARGETS:
        return settings.warehouse(target=target)
    if not Path(target).is_file():
        raise UsageError(f"'{target}' is neither a target nor a file", f"Targets: {', '.join(TARGETS)}.")
    return Path(target)


def _show(results: list[TableComparison], target_a: str, target_b: str) -> None:
    console = screen.out()
    different = [result for result in results if not result.is_equal]
    console.print(f"A: {target_a}\nB: {target_b}", markup=False)
    if different:
        columns = ["mart", "rows of A", "rows of B", "only in A", "only in B", "problem"]
        rows: list[list[object]] = [[r.name, r.rows_a, r.rows_b, r.only_a, r.only_b, r.problem] for r in different]
        screen.table("Marts that differ", columns, rows, tuple(columns[1:5]))
    for result in different:
        for example in result.examples:
            where = ", ".join(f"{name}={value}" for name, value in example.where.items())
            console.print(f"{result.name}: {where}", markup=False)
            for column, (a, b) in example.differs.items():
                console.print(f"    {column}: {a} / {b}", markup=False)
    for result in results:
        if result.skipped:
            screen.note(f"Not compared: {result.name} ({result.skipped}).")
    compared = [result for result in results if not result.skipped]
    total = sum(result.rows_a for result in compared)
    console.print(f"{len(compared) - len(different)} of {len(compared)} marts are equal ({total:,} rows compared).")


def _show_cluster(cluster: Cluster) -> None:
    console = screen.out()
    options = cluster.options
    console.print(f"Spark is up: {options.workers} workers of {options.cores} core, at most {options.total_mb:,} MB")
    console.print(f"  thrift   {cluster.environment['SEGMENTRY_SPARK_HOST']}:{cluster.thrift_port}", markup=False)
    console.print(f"  master   {cluster.master_url} ({cluster.web_url})", markup=False)
    console.print(f"  jobs     {cluster.driver_web_url}", markup=False)
