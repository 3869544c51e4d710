"""The page of the command line, read from its Typer application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main

from segmentry.cli import app
from segmentry.reference.markdown import document, table

EXIT_CODES = [
    ["0", "Success."],
    ["1", "Internal error. The traceback is in `HOME/runs/errors/`. For `compare`: the two builds differ."],
    ["2", "Wrong usage. The message names the option and the fix."],
    ["3", "At least one input file was refused. All other files were landed."],
    ["4", "A model, a test, an audit or a segment definition failed. Nothing was published."],
    ["5", "Another run holds the lock. The message names it."],
    ["6", "A problem with this machine: disk, permissions or versions."],
    ["130, 143", "Interrupted or terminated. Run the same command again."],
]


def page() -> str:
    """Every command with its help, arguments and options."""
    root: Any = typer.main.get_command(app)
    blocks: list[list[str]] = []
    for path, command in _commands(root, "segmentry"):
        blocks += [[f"## {path}"], _help(command)]
        rows = list(_parameters(command))
        if rows:
            blocks.append(table(["argument or option", "default", "meaning"], rows))
    return document(
        "the commands in segmentry/cli",
        ["# Command line"],
        ["`segmentry COMMAND --help` shows the same text. These options come before the command:"],
        table(["option", "default", "meaning"], _parameters(root)),
        *blocks,
        ["## Exit codes"],
        table(["code", "meaning"], EXIT_CODES),
    )


def _commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, child in getattr(command, "commands", {}).items():
        if not child.hidden:
            yield f"{path} {name}", child
            yield from _commands(child, f"{path} {name}")


def _help(command: Any) -> list[str]:
    return [" ".join(line.split()) if line.strip() else "" for line in (command.help or "").strip().splitlines()]


def _parameters(command: Any) -> Iterator[list[str]]:
    for parameter in command.params:
        is_option = bool(parameter.opts) and parameter.opts[0].startswith("-")
        if getattr(parameter, "hidden", False) or "--help" in parameter.opts or "completion" in parameter.name:
            continue
        if is_option:
            names = ", ".join([*parameter.opts, *parameter.secondary_opts])
            value = "" if parameter.is_flag else f" {parameter.metavar or parameter.name.upper()}"
            name = f"`{names}{value}`"
        else:
            name = f"`{parameter.metavar or parameter.name.upper()}`"
        yield [name, _default(parameter), parameter.help or ""]


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    values = [f"`${parameter.envvar}`"] if isinstance(parameter.envvar, str) else []
    if parameter.default not in (None, False, []) and not callable(parameter.default):
        values.append(f"`{parameter.default}`")
    return ", ".join(values)
