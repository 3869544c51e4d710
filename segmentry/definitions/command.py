"""Compile the definitions of a project, or check that what was compiled is current."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segmentry.definitions.compiled import COMMAND, compiled_files, stale_files
from segmentry.definitions.model import FOLDER, Definitions, read_definitions
from segmentry.definitions.schema import SCHEMA_FILE, schema_text
from segmentry.errors import DefinitionsFailedError
from segmentry.files import write_text


def compile_definitions(project_dir: Path, overlays: Sequence[Path] = ()) -> tuple[list[Path], list[Path]]:
    """Write what differs and remove what nothing makes any more; give back both.

    Raises DefinitionsFailedError when a definition cannot be read.
    """
    differing, leftover = _stale(project_dir, overlays)
    for path, text in differing.items():
        write_text(path, text)
    for path in leftover:
        path.unlink()
    return sorted(differing), leftover


def check(project_dir: Path, overlays: Sequence[Path] = ()) -> int:
    """The number of compiled files. Raises DefinitionsFailedError naming those that are not current.

    A project without definitions has none.
    """
    if not (project_dir / FOLDER).is_dir():
        return 0
    differing, leftover = _stale(project_dir, overlays)
    if differing or leftover:
        names = [path.relative_to(project_dir).as_posix() for path in [*sorted(differing), *leftover]]
        raise DefinitionsFailedError(
            f"{len(names)} compiled file(s) do not follow from definitions/: {', '.join(names)}", f"Run `{COMMAND}`."
        )
    return len(compiled_files(_read(project_dir, overlays), project_dir)) + 1


def _stale(project_dir: Path, overlays: Sequence[Path]) -> tuple[dict[Path, str], list[Path]]:
    differing, leftover = stale_files(_read(project_dir, overlays), project_dir)
    schema = project_dir / SCHEMA_FILE
    if not schema.is_file() or schema.read_text(encoding="utf-8") != schema_text():
        differing[schema] = schema_text()
    return differing, leftover


def _read(project_dir: Path, overlays: Sequence[Path]) -> Definitions:
    definitions = read_definitions(project_dir, *overlays)
    if definitions.findings:
        listed = "; ".join(map(str, definitions.findings[:5]))
        raise DefinitionsFailedError(f"the definitions cannot be read: {listed}", "Run `segmentry segments lint`.")
    return definitions
