"""Turn every failure into a message and a documented exit code. Users see no traceback."""

from __future__ import annotations

import traceback
from enum import IntEnum
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from segmentry.cli import screen
from segmentry.config import Settings, new_run_id
from segmentry.errors import SegmentryError
from segmentry.files import write_text


class Exit(IntEnum):
    """The exit codes of every command."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    INPUT_REFUSED = 3
    BUILD_FAILED = 4
    LOCKED = 5
    ENVIRONMENT = 6
    INTERRUPTED = 130


class GuardedGroup(TyperGroup):
    """The command group: runs a command and shows what went wrong."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Expected errors show message and remedy; others are written to a file."""
        try:
            return super().invoke(ctx)
        except SegmentryError as error:
            screen.problem(error.message, error.remedy)
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            screen.problem("interrupted; the published marts are unchanged", "Run the same command again.")
            raise typer.Exit(Exit.INTERRUPTED) from None
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            if hasattr(error, "format_message"):
                # wrong options: Typer shows those itself
                raise
            where = _keep_traceback(ctx)
            screen.problem(f"internal error: {type(error).__name__}", f"Please report it with {where}.")
            raise typer.Exit(Exit.INTERNAL) from None


def _keep_traceback(ctx: Any) -> str:
    """Write the traceback to a file of the home, since it may quote data, and return where."""
    text = traceback.format_exc()
    if isinstance(ctx.obj, Settings):
        path: Path = ctx.obj.runs / "errors" / f"{new_run_id()}.txt"
        try:
            write_text(path, text)
        except OSError:
            return f"this text:\n{text}"
        return str(path)
    return f"this text:\n{text}"
