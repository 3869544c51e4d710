"""The page language: what a file of `explorer/pages/` may say, and the lint that needs no database."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

import duckdb
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from segmentry.errors import UsageError
from segmentry.publishing.generation import MART_SCHEMAS

Kind = Literal[
    "numbers", "line", "bar", "heatmap", "sankey", "waterfall", "interval", "scatter", "funnel", "facts", "timeline",
    "table",
]  # fmt: skip
Unit = Literal["count", "money", "percent", "points", "ratio", "number", "days", "hours", "seconds", "date", "text"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]

# what a kind of chart cannot be drawn without
_NEEDS: dict[str, tuple[str, ...]] = {
    "line": ("x", "y"),
    "bar": ("x", "y"),
    "scatter": ("x", "y"),
    "heatmap": ("x", "row", "value"),
    "sankey": ("source", "target", "value"),
    "waterfall": ("x", "value"),
    "interval": ("x", "value", "low", "high"),
    "funnel": ("x", "value"),
}
_PARAMETER = re.compile(r"\$([a-z][a-z0-9_]*)")
_MART = re.compile(rf"\b(?:{'|'.join(MART_SCHEMAS)})\.[a-z][a-z0-9_]*")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Filter(_Strict):
    """A choice that all tiles of the page share. Tiles read it as the bound parameter `$id`."""

    id: Name
    label: str
    kind: Literal["choice", "text"] = "choice"
    values: dict[str, str] = {}  # value to label, for a fixed choice
    sql: str = ""  # or a query with the columns value and, optionally, label; it may use the filters before it
    default: str = ""

    @model_validator(mode="after")
    def _one_source(self) -> Filter:
        if self.kind == "choice" and bool(self.values) == bool(self.sql):
            raise ValueError(f"filter {self.id}: a choice has either values or sql")
        return self


class Measure(_Strict):
    """A column that is drawn: its name in the legend, and a colour role when it is no segment."""

    column: Name
    label: str = ""
    color: Literal["", "gain", "gain_2", "gain_3", "loss", "loss_2", "neutral", "accent", "ink"] = ""
    negate: bool = False
    line: bool = False  # in a bar chart: drawn as a line over the bars


class Tile(_Strict):
    """One chart or table. `privacy` says what the rows are: open facts, groups of customers, or persons."""

    id: Name
    title: str
    about: str  # how to read it and how it is defined
    kind: Kind
    sql: str
    privacy: Literal["open", "groups", "persons"]
    span: int = Field(default=6, ge=2, le=12)
    height: int = Field(default=280, ge=120, le=900)
    x: Name | None = None
    y: tuple[Measure, ...] = ()
    by: Name | None = None  # one series for each value
    row: Name | None = None
    value: Name | None = None
    source: Name | None = None
    target: Name | None = None
    low: Name | None = None
    high: Name | None = None
    size: Name | None = None
    segments: str = ""  # the dimension whose segments x, by, row, source and target name: a word or `$filter`
    n: Name | None = None
    small: Name | None = None
    complete: Name | None = None  # false where the period still runs
    unit: Unit = "number"
    units: dict[Name, Unit] = {}
    labels: dict[Name, str] = {}
    hidden: tuple[Name, ...] = ()
    stack: bool = False
    horizontal: bool = False
    diverging: bool = False
    link: str = ""  # "/p/segments?segment={segment_key}"
    page_size: int = Field(default=25, ge=5, le=200)
    needs: str = ""  # a text filter; without it the tile is left out
    hide_empty: bool = False
    kpi: str = ""  # its row of kpis.kpi_availability says why nothing is there
    empty: str = "Nothing here for this choice."

    @field_validator("y", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        items = value if isinstance(value, list) else [value]
        return [{"column": item} if isinstance(item, str) else item for item in items]

    @model_validator(mode="after")
    def _drawable(self) -> Tile:
        missing = [name for name in _NEEDS.get(self.kind, ()) if not getattr(self, name)]
        if missing:
            raise ValueError(f"tile {self.id}: a {self.kind} needs {', '.join(missing)}")
        if self.privacy == "groups" and not (self.n or self.small):
            raise ValueError(f"tile {self.id}: groups need n or small, so that small ones can be suppressed")
        return self

    @property
    def marts(self) -> list[str]:
        """The marts that the SQL reads, by name."""
        return sorted(set(_MART.findall(self.sql)))

    @property
    def columns_used(self) -> set[str]:
        """Columns that the chart refers to, which the SQL has to return."""
        single = (self.x, self.by, self.row, self.value, self.source, self.target, self.low, self.high, self.size)
        marks = (self.n, self.small, self.complete)
        named = {name for name in (*single, *marks) if name}
        return named | {measure.column for measure in self.y} | set(self.units) | set(self.labels) | set(self.hidden)


class Page(_Strict):
    """A page: the question it answers, its filters, its tiles in reading order."""

    id: Name = "page"
    title: str
    question: str
    group: Literal["Company", "Segments", "Customers", "Growth", "Experience", "Trust"]
    order: int
    filters: tuple[Filter, ...] = ()
    tiles: tuple[Tile, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names(self) -> Page:
        for kind, ids in (("tile", [t.id for t in self.tiles]), ("filter", [f.id for f in self.filters])):
            twice = [name for name, count in Counter(ids).items() if count > 1]
            if twice:
                raise ValueError(f"{kind} {twice[0]} is there twice")
        known: set[str] = set()
        for choice in self.filters:
            _check_parameters(f"filter {choice.id}", choice.sql, known)
            known.add(choice.id)
        for tile in self.tiles:
            _check_parameters(f"tile {tile.id}", tile.sql, known)
            if tile.segments.startswith("$"):
                _check_parameters(f"tile {tile.id}", tile.segments, known)
            if tile.needs and tile.needs not in known:
                raise ValueError(f"tile {tile.id} needs {tile.needs}, which is no filter")
        return self


def parameters(sql: str) -> set[str]:
    """The names of the parameters that a statement binds."""
    return set(_PARAMETER.findall(sql))


def load_pages(folder: Path) -> dict[str, Page]:
    """Every page by its file name, in the order of the menu. Raises UsageError with the file and what is wrong."""
    pages = [_load(path) for path in sorted(folder.glob("*.yml"))]
    if not pages:
        raise UsageError(f"no page in {folder}", "Add a YAML file there, or name the project with --project-dir.")
    groups = list(Page.model_fields["group"].annotation.__args__)  # type: ignore[union-attr]
    pages.sort(key=lambda page: (groups.index(page.group), page.order, page.id))
    return {page.id: page for page in pages}


def _load(path: Path) -> Page:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        page = Page.model_validate({**document, "id": path.stem})
    except (ValidationError, yaml.YAMLError, TypeError) as error:
        place, message = "", str(error)
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            place, message = ".".join(str(part) for part in first["loc"]), first["msg"]
        raise UsageError(f"{path.name}: {place} {message}", "See docs/how-to/explore.md.") from None
    for what, sql in statements(page):
        _check_statement(f"{path.name}: {what}", sql)
    return page


def statements(page: Page) -> list[tuple[str, str]]:
    """Every statement of a page with the name of what it is for."""
    choices = [(f"filter {choice.id}", choice.sql) for choice in page.filters if choice.sql]
    return choices + [(f"tile {tile.id}", tile.sql) for tile in page.tiles]


def _check_parameters(what: str, text: str, known: set[str]) -> None:
    unknown = parameters(text) - known
    if unknown:
        raise ValueError(f"{what} reads ${min(unknown)}, which is no filter before it")


def _check_statement(what: str, sql: str) -> None:
    try:
        found = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise UsageError(f"{what}: {error}", "Correct the SQL.") from None
    if len(found) != 1 or found[0].type != duckdb.StatementType.SELECT:
        raise UsageError(f"{what}: one SELECT is expected", "A page reads; it holds one statement per tile.")
