"""The command line: `segmentry --help`."""

from segmentry.cli.app import app, main

__all__ = ["app", "main"]
