"""Definitions of segments and audiences: one YAML file each below `definitions/`, read without dbt.

What cannot be read becomes a finding; everything else is kept, so that one mistake does not hide the others.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
)

from segmentry.definitions.findings import Finding
from segmentry.definitions.located_yaml import LocatedMapping, error_line, line_of, load

FOLDER = "definitions"
KINDS = {"segments": "seg_", "audiences": "audience_"}
"""Folder below `definitions/` -> prefix of the model that shows the members."""

CATCH_ALL = "unknown"
"""The segment that every exclusive dimension ends with."""

GROUPS = ("all", "any", "none")
MAX_DEPTH = 25
MAX_PARTS = 5000

_NAME = r"^[a-z][a-z0-9_]{0,62}$"
Name = Annotated[str, StringConstraints(pattern=_NAME)]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Path_ = tuple[Hashable, ...]


def _without_empty(value: Any) -> Any:
    """`owner:` with nothing behind it is a missing key, not a null."""
    return {key: item for key, item in value.items() if item is not None} if isinstance(value, Mapping) else value


def _as_date(value: Any) -> Any:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Rule(_Strict):
    """A leaf: one feature, one operator, one value. Percentiles take `within`, customers of an account a `rule`."""

    id: Name | None = None
    feature: str | None = None
    op: str
    value: Any = None
    within: str | list[str] | None = None
    rule: Node | None = None


def _is_group(value: Any) -> str:
    is_group = isinstance(value, Group) or (isinstance(value, Mapping) and any(name in value for name in GROUPS))
    return "group" if is_group else "leaf"


Node = Annotated[Annotated[Rule, Tag("leaf")] | Annotated["Group", Tag("group")], Discriminator(_is_group)]


class Group(_Strict):
    """Rules that all hold, of which any holds, and of which none holds; groups nest."""

    all: list[Node] = []
    any: list[Node] = []
    none: list[Node] = []

    def nodes(self) -> Iterator[tuple[Path_, Rule | Group]]:
        """The direct members with their paths."""
        for name in GROUPS:
            for index, node in enumerate(getattr(self, name)):
                yield (name, index), node

    def rules(self, path: Path_ = ()) -> Iterator[tuple[Path_, Rule]]:
        """All leaves at any depth with their paths."""
        for where, node in self.nodes():
            if isinstance(node, Group):
                yield from node.rules((*path, *where))
            else:
                yield (*path, *where), node


class Fixture(_Strict):
    """A made-up entity and what the rules must say about it."""

    given: dict[str, Any]
    expect: str
    because: str | None = None


class Segment(_Strict):
    """One segment of a dimension; without rules where the dimension is written by hand."""

    key: Name
    name: Text
    description: str | None = None
    version: int = Field(ge=1)
    rules: Annotated[Group | None, BeforeValidator(_without_empty)] = None
    enter_after_days: int = Field(default=0, ge=0, le=365)
    exit_after_days: int = Field(default=0, ge=0, le=365)
    min_size: int = Field(ge=0)
    owner: Text
    goal_kpi: Text
    tactic: Text
    holdout_share: float = Field(ge=0, lt=1)
    review_by: Annotated[date, BeforeValidator(_as_date)]
    waivers: dict[str, Text] = {}
    fixtures: list[Fixture] = []

    def leaves(self, index: int) -> Iterator[tuple[Path_, Rule]]:
        """All rules of the segment at that place of its dimension, with their paths below `meta`."""
        if self.rules:
            yield from self.rules.rules(("segments", index, "rules"))


class HandWritten(_Strict):
    """The model that decides a dimension which rules cannot say; it has `<entity>_key` and `as_of_date`."""

    model: Name
    column: Name
    otherwise: Name


class Previous(_Strict):
    """The segments as they were until `retired_on`."""

    retired_on: Annotated[date, BeforeValidator(_as_date)]
    segments: list[Any]


class Header(BaseModel):
    """What stands above the segments of a dimension."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    dimension: Name
    description: Text | None = None
    entity: Literal["customer", "account"]
    exclusive: bool
    hand_written: HandWritten | None = None
    kpi_breakdown: bool = True
    previous_versions: list[Previous] = []
    segments: list[Any] = []


@dataclass(frozen=True)
class Dimension:
    """A dimension or an audience with the segments that could be read. `source` is its file as written.

    A definition that is no longer in force has `retired_on` and the name of its dimension in `retired_from`.
    """

    file: str
    name: str
    entity: str
    exclusive: bool
    segments: tuple[tuple[int, Segment], ...]
    source: Mapping[str, Any] = field(repr=False)
    root: Path = field(default_factory=Path, repr=False)
    description: str = ""
    hand_written: HandWritten | None = None
    kpi_breakdown: bool = True
    previous: tuple[Dimension, ...] = ()
    retired_on: date | None = None
    retired_from: str | None = None

    @property
    def is_audience(self) -> bool:
        """An audience overlaps others; a dimension partitions."""
        return not self.exclusive

    @property
    def model(self) -> str:
        """The dbt model that shows its members."""
        return ("seg_" if self.exclusive else "audience_") + self.name

    @property
    def column(self) -> str:
        """Its column in `int_<entity>_segments`."""
        return self.name if self.exclusive else f"in_{self.name}"

    @property
    def title(self) -> str:
        """The dimension that the definition is, or was, of."""
        return self.retired_from or self.name

    @property
    def version(self) -> int:
        """Grows by one with each version of one of its segments."""
        return sum(segment.version - 1 for _, segment in self.segments) + 1

    def at(self, code: str, message: str, *path: Hashable) -> Finding:
        """A finding at a path of the file."""
        return Finding(self.file, line_of(self.source, path), code, message)


@dataclass
class Definitions:
    """Everything that stands below `definitions/`, ordered by kind and name."""

    dimensions: list[Dimension] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def segments(self) -> Iterator[tuple[Dimension, int, Segment]]:
        """Each segment with its dimension and its place in it."""
        for dimension in self.dimensions:
            for index, segment in dimension.segments:
                yield dimension, index, segment

    def retired(self) -> list[Dimension]:
        """Definitions no longer in force, named `<dimension>__v<version>`."""
        return [old for dimension in self.dimensions for old in dimension.previous]


def read_definitions(*roots: Path) -> Definitions:
    """The definitions of a project and of the overlays over it, in this order, or of a single file or folder.

    An overlay's file replaces the file of the same kind and name below it. Nothing but `definitions/` need exist.
    """
    found = Definitions()
    files: dict[str, tuple[Path, Path]] = {}
    for root in roots:
        for path in definition_files(root):
            key = path.name if root.is_file() else path.relative_to(root).as_posix()
            files[key] = root, path
    for file, (root, path) in sorted(files.items()):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            found.findings.append(Finding(file, 1, "SEG101", f"not readable: {error}"))
        else:
            read_text(file, root, text, found)
    return found


def read_text(file: str, root: Path, text: str, found: Definitions) -> None:
    """Add the definition of one file's text."""
    try:
        document = load(text)
    except yaml.YAMLError as error:
        first_line = str(error).partition("\n")[0]
        found.findings.append(Finding(file, error_line(error), "SEG101", f"not readable as YAML: {first_line}"))
    else:
        _read_dimension(file, root, document, found)


def definition_files(root: Path) -> list[Path]:
    """The files of definitions of a project, or of a folder with such files, or the file itself."""
    if root.is_file():
        return [root]
    base = root / FOLDER if (root / FOLDER).is_dir() else root
    folders = [base / kind for kind in KINDS if (base / kind).is_dir()] or [base]
    return sorted(path for folder in folders for path in folder.glob("*.y*ml"))


def is_name(text: str) -> bool:
    """Whether a dimension, segment or rule may be called so."""
    return bool(re.fullmatch(_NAME, text))


def suggestion(word: object, known: Collection[str]) -> str:
    """` Did you mean ...?`, or nothing when no known word is like it."""
    close = difflib.get_close_matches(str(word), sorted(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]}?" if close else ""


def _read_dimension(file: str, root: Path, document: Any, found: Definitions) -> None:
    if not isinstance(document, LocatedMapping):
        found.findings.append(Finding(file, 1, "SEG101", "not a mapping with dimension, entity and segments"))
        return
    found.findings += _repeated_keys(file, document)
    depth, parts = _extent(document, {})
    if depth > MAX_DEPTH or parts > MAX_PARTS:
        found.findings.append(Finding(file, 1, "SEG101", "nested too deeply or too large"))
        return
    try:
        header = Header.model_validate(_without_empty(document))
    except ValidationError as error:
        found.findings += _problems(file, "definition", document, error)
        return
    dimension = Dimension(
        file=file,
        name=header.dimension,
        entity=header.entity,
        exclusive=header.exclusive,
        segments=_segments(file, document, header.segments, found, "segments"),
        source=document,
        root=root,
        description=header.description or f"One row per {header.entity}: its segment of {header.dimension}.",
        hand_written=header.hand_written,
        kpi_breakdown=header.kpi_breakdown and header.exclusive,
    )
    previous = tuple(_previous(dimension, index, entry, found) for index, entry in enumerate(header.previous_versions))
    found.dimensions.append(replace(dimension, previous=previous))


def _previous(dimension: Dimension, index: int, entry: Previous, found: Definitions) -> Dimension:
    path = ("previous_versions", index, "segments")
    old = replace(
        dimension,
        segments=_segments(dimension.file, dimension.source, entry.segments, found, *path),
        source=dimension.source["previous_versions"][index],
        retired_on=entry.retired_on,
        retired_from=dimension.name,
    )
    if dimension.hand_written:
        text = f"dimension {dimension.name} is written by hand: keep the old model beside it"
        found.findings.append(dimension.at("SEG107", text, "previous_versions", index))
    return replace(old, name=f"{dimension.name}__v{old.version}")


def _segments(
    file: str, document: Any, entries: list[Any], found: Definitions, *path: Hashable
) -> tuple[tuple[int, Segment], ...]:
    segments = []
    for index, raw in enumerate(entries):
        label = f"segment {raw.get('key', index + 1) if isinstance(raw, Mapping) else index + 1}"
        try:
            segments.append((index, Segment.model_validate(_without_empty(raw))))
        except ValidationError as error:
            found.findings += _problems(file, label, document, error, (*path, index))
    return tuple(segments)


_BY_KEY = {
    "review_by": "SEG402",
    "enter_after_days": "SEG404",
    "exit_after_days": "SEG404",
    "holdout_share": "SEG405",
    "min_size": "SEG406",
    "version": "SEG407",
}
_BY_KIND = {
    "missing": "SEG102",
    "string_too_short": "SEG102",
    "extra_forbidden": "SEG103",
    "string_pattern_mismatch": "SEG105",
}
_MODELS: dict[str, type[BaseModel]] = {"leaf": Rule, "group": Group, "rules": Group, "fixtures": Fixture}


def _problems(
    file: str, label: str, meta: Mapping[str, Any], error: ValidationError, base: Path_ = ()
) -> Iterator[Finding]:
    model = Segment if base else Header
    for problem in error.errors(include_url=False):
        path = [*base, *problem["loc"]]
        key = str(problem["loc"][-1]) if problem["loc"] else ""
        code = _BY_KIND.get(problem["type"]) or _BY_KEY.get(key) or "SEG106"
        said = problem["msg"][0].lower() + problem["msg"][1:]
        if code == "SEG102":
            said = f"{key} is missing"
        elif code == "SEG103":
            inner = next((_MODELS[str(part)] for part in reversed(problem["loc"][:-1]) if str(part) in _MODELS), model)
            said = f"{key} is not a key here.{suggestion(key, inner.model_fields)}"
        elif code == "SEG105":
            said = f"{key} {problem['input']!r} must be lower case letters, digits and _, beginning with a letter"
        else:
            said = f"{key} is {problem['input']!r}: {said}" if key else said
        yield Finding(file, line_of(meta, path), code, f"{label}: {said}")


def _repeated_keys(file: str, value: Any, seen: set[int] | None = None) -> Iterator[Finding]:
    seen = set() if seen is None else seen
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, LocatedMapping):
        for key, line in value.repeated.items():
            yield Finding(file, line, "SEG104", f"{key} is written twice; YAML keeps only the last")
    if isinstance(value, (Mapping, list)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _repeated_keys(file, item, seen)


def _extent(value: Any, known: dict[int, tuple[float, float]]) -> tuple[float, float]:
    """Depth and number of parts as if every YAML alias were written out; infinite where one holds itself."""
    if not isinstance(value, (Mapping, list)):
        return 0, 1
    if id(value) not in known:
        known[id(value)] = math.inf, math.inf
        parts = [_extent(item, known) for item in (value.values() if isinstance(value, Mapping) else value)]
        known[id(value)] = 1 + max((depth for depth, _ in parts), default=0), 1 + sum(size for _, size in parts)
    return known[id(value)]
