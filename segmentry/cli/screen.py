"""What the user sees: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

_PLAIN_EVERY_SECONDS = 5.0
_WIDTH_OF_FILES = 160

Update = Callable[[str, int, int], None]


def out() -> Console:
    """The console for results. A new one each time, so that redirected streams are honoured."""
    return Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _WIDTH_OF_FILES)


def err() -> Console:
    """The console for progress and errors."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def step(title: str) -> Iterator[Update]:
    """Show the progress of a step: a bar on a terminal, else a line every few seconds. Ends with the time it took."""
    console, started = err(), time.monotonic()
    show = _bar if console.is_terminal else _lines
    with show(console, title) as update:
        yield update
    console.print(f"[green]✓[/green] {escape(title)} [dim]{time.monotonic() - started:.1f} s[/dim]")


def table(title: str, columns: list[str], rows: list[list[object]], right: tuple[str, ...] = ()) -> None:
    """Print a table; columns named in `right` are numbers."""
    result = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for index, column in enumerate(columns):
        last = index == len(columns) - 1
        result.add_column(column, justify="right" if column in right else "left", overflow="fold", no_wrap=not last)
    for row in rows:
        result.add_row(*["" if cell is None else escape(_text(cell)) for cell in row])
    out().print(result)


def problem(message: str, remedy: str = "") -> None:
    """Print what went wrong and what to do about it."""
    console = err()
    console.print(f"[red bold]Error:[/red bold] {escape(message)}")
    if remedy:
        console.print(f"[bold]What to do:[/bold] {escape(remedy)}")


def note(text: str) -> None:
    """Print a remark to stderr."""
    err().print(f"[dim]{escape(text)}[/dim]")


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


@contextmanager
def _bar(console: Console, title: str) -> Iterator[Update]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[detail]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=None, detail="")

        def update(text: str, done: int, total: int) -> None:
            progress.update(task, completed=done, total=total or None, detail=escape(text)[:60])

        yield update


@contextmanager
def _lines(console: Console, title: str) -> Iterator[Update]:
    console.print(f"{escape(title)} …")
    last = time.monotonic()

    def update(text: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _PLAIN_EVERY_SECONDS:
            last = time.monotonic()
            console.print(f"  {done}/{total} {escape(text)}")

    yield update
