"""`definitions compile`: the files that follow from the definitions, as text.

SQL is ordinary dbt SQL, checked in. Each file names its source and this command in its first line.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from segmentry.definitions.catalogue import read_features
from segmentry.definitions.compiler import ENTITIES, INTERMEDIATE, MARTS, TRAITS, Compiler
from segmentry.definitions.dialects import DbtSql
from segmentry.definitions.fixtures import unit_tests
from segmentry.definitions.model import Definitions
from segmentry.definitions.seeds import seed_files
from segmentry.definitions.yaml_files import segments_yaml, view_yaml

COMMAND = "segmentry definitions compile"
MARK = f"Compiled by `{COMMAND}`"


def compiled_files(definitions: Definitions, project_dir: Path) -> dict[Path, str]:
    """Every file that follows from the definitions, with its text. Raises UsageError at a circle of segments."""
    compiler = Compiler(definitions, read_features(project_dir), DbtSql())
    everything = "definitions/"
    found = {project_dir / path: _sql(text, everything) for path, text in compiler.models().items()}
    found |= {project_dir / path: text for path, text in seed_files(compiler)}
    for dimension in compiler.dimensions:
        folder = f"{MARTS}/audiences" if dimension.is_audience else MARTS
        path = dimension.root / folder / f"{dimension.model}.sql"
        if not (dimension.hand_written and _is_own(path)):
            found[path] = _sql(compiler.view(dimension), dimension.file)
            found[path.with_suffix(".yml")] = _yaml(view_yaml(dimension, TRAITS), dimension.file)
        if dimension.hand_written is None:
            tests = unit_tests(dimension, compiler.ruled(dimension.entity, False), compiler.context(dimension.entity))
            if tests:
                file = dimension.root / INTERMEDIATE / "fixtures" / f"{dimension.name}__unit_tests.yml"
                found[file] = _yaml(tests, dimension.file)
    for entity in ENTITIES:
        text = segments_yaml(compiler, entity)
        found[project_dir / INTERMEDIATE / f"int_{entity}_segments.yml"] = _yaml(text, everything)
    return found


def stale_files(definitions: Definitions, project_dir: Path) -> tuple[dict[Path, str], list[Path]]:
    """Files that are missing or differ, with their text, and compiled files that nothing makes any more."""
    wanted = compiled_files(definitions, project_dir)
    written = {path for root in {project_dir, *(d.root for d in definitions.dimensions)} for path in _compiled(root)}
    differing = {path: text for path, text in wanted.items() if _text(path) != text}
    return differing, sorted(written - set(wanted))


def _compiled(root: Path) -> Iterable[Path]:
    folders = (INTERMEDIATE, f"{INTERMEDIATE}/fixtures", MARTS, f"{MARTS}/audiences")
    for folder in folders:
        for path in (root / folder).glob("*.*"):
            if path.suffix in {".sql", ".yml"} and not _is_own(path):
                yield path


def _is_own(path: Path) -> bool:
    """Whether somebody wrote the file by hand."""
    text = _text(path)
    return text is not None and MARK not in text[:200]


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _sql(text: str, source: str) -> str:
    return f"-- {MARK} from {source}. Change it there.\n{text}"


def _yaml(text: str, source: str) -> str:
    return f"# {MARK} from {source}. Change it there.\nversion: 2\n\n{text}"
