"""Definitions of segments: the YAML in `config.meta` of `seg_*` and `audience_*` models, read without dbt.

What cannot be read becomes a finding; everything else is kept, so that one mistake does not hide the others.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
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

from segmentry.segments.findings import Finding
from segmentry.segments.located_yaml import LocatedMapping, error_line, line_of, load

FOLDER = "models/marts/segments"
GROUPS = ("all", "any", "none")
MAX_DEPTH = 20
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


class Header(BaseModel):
    """What stands above the segments of a dimension."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    dimension: Name
    entity: Literal["customer", "account"]
    exclusive: bool
    hand_written: bool = False
    kpi_breakdown: bool = True
    previous_versions: list[Any] = []
    segments: list[Any] = []


@dataclass(frozen=True)
class Dimension:
    """A dimension or an audience with the segments that could be read. `source` is its `meta` as written."""

    model: str
    file: str
    name: str
    entity: str
    exclusive: bool
    hand_written: bool
    segments: tuple[tuple[int, Segment], ...]
    source: LocatedMapping = field(repr=False)

    @property
    def is_audience(self) -> bool:
        """An audience overlaps others; a dimension partitions."""
        return self.model.startswith("audience_")

    def at(self, code: str, message: str, *path: Hashable) -> Finding:
        """A finding at a path below `meta`."""
        return Finding(self.file, line_of(self.source, path), code, message)


@dataclass
class Definitions:
    """Everything that stands below the segments folder."""

    dimensions: list[Dimension] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def segments(self) -> Iterator[tuple[Dimension, int, Segment]]:
        """Each segment with its dimension and its place in it."""
        for dimension in self.dimensions:
            for index, segment in dimension.segments:
                yield dimension, index, segment


def read_definitions(project_dir: Path, folder: str = FOLDER) -> Definitions:
    """The definitions of a project (of its segments folder alone: nothing else need exist), or of a single file."""
    found = Definitions()
    root = project_dir / folder
    for path in [root] if root.is_file() else sorted(root.rglob("*.y*ml")):
        file = path.relative_to(project_dir).as_posix() if path != project_dir else path.name
        try:
            document = load(path.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            first_line = str(error).partition("\n")[0]
            found.findings.append(Finding(file, error_line(error), "SEG101", f"not readable as YAML: {first_line}"))
        except (OSError, UnicodeDecodeError) as error:
            found.findings.append(Finding(file, 1, "SEG101", f"not readable: {error}"))
        else:
            _read_document(file, document, found)
    return found


def is_name(text: str) -> bool:
    """Whether a dimension, segment or rule may be called so."""
    return bool(re.fullmatch(_NAME, text))


def suggestion(word: object, known: Collection[str]) -> str:
    """` Did you mean ...?`, or nothing when no known word is like it."""
    close = difflib.get_close_matches(str(word), sorted(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]}?" if close else ""


def _read_document(file: str, document: Any, found: Definitions) -> None:
    models = document.get("models") if isinstance(document, LocatedMapping) else None
    for model in models if isinstance(models, list) else []:
        config = model.get("config") if isinstance(model, LocatedMapping) else None
        meta = config.get("meta") if isinstance(config, LocatedMapping) else None
        if isinstance(meta, LocatedMapping) and "segments" in meta:
            _read_dimension(file, str(model.get("name")), meta, found)


def _read_dimension(file: str, model: str, meta: LocatedMapping, found: Definitions) -> None:
    found.findings += _repeated_keys(file, meta)
    try:
        header = Header.model_validate(_without_empty(meta))
    except ValidationError as error:
        found.findings += _problems(file, f"model {model}", meta, error)
        return
    segments = []
    for index, raw in enumerate(header.segments):
        path = ("segments", index)
        label = f"segment {raw.get('key', index + 1) if isinstance(raw, Mapping) else index + 1}"
        depth, parts = _extent(raw, {})
        if depth > MAX_DEPTH or parts > MAX_PARTS:
            found.findings.append(
                Finding(file, line_of(meta, path), "SEG101", f"{label}: nested too deeply or too large")
            )
            continue
        try:
            segments.append((index, Segment.model_validate(_without_empty(raw))))
        except ValidationError as error:
            found.findings += _problems(file, label, meta, error, path)
    found.dimensions.append(
        Dimension(
            model=model,
            file=file,
            name=header.dimension,
            entity=header.entity,
            exclusive=header.exclusive,
            hand_written=header.hand_written,
            segments=tuple(segments),
            source=meta,
        )
    )


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
    file: str, label: str, meta: LocatedMapping, error: ValidationError, base: Path_ = ()
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
