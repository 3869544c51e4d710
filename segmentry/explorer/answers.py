"""A page answered: filters resolved, each tile's rows, and what the reader's role may see of them."""

from __future__ import annotations

import csv
import io
import math
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from threading import Lock
from typing import Any, Literal

from segmentry.explorer.marts import Marts, Result, Snapshot
from segmentry.explorer.pages import Filter, Page, Tile

Role = Literal["persons", "aggregates"]
_CACHED_PAGES = 64
_MAX_TEXT = 100
_KEPT_TYPES = ("VARCHAR", "DATE", "TIMESTAMP")  # names of groups and periods; every other value may be a measure
_KEPT_OF_CARDS = {"label", "unit", "better", "link"}
_CSV_ROWS = 100_000


@dataclass(frozen=True)
class Choice:
    """A filter with its options and the value that holds."""

    filter: Filter
    options: list[dict[str, str]]
    value: str


@dataclass(frozen=True)
class Question:
    """What all tiles of a page share: the filters' values, what the address asks, the role, why KPIs are missing."""

    values: Mapping[str, str]
    asked: Mapping[str, str]
    role: Role
    reasons: Mapping[str, str]


class Explorer:
    """Answers pages from the published marts. `small_n_floor` is the size below which groups are suppressed."""

    def __init__(self, pages: dict[str, Page], marts: Marts, small_n_floor: int) -> None:
        """Keep what every answer needs."""
        self.pages = pages
        self.marts = marts
        self.small_n_floor = small_n_floor
        self._cache: OrderedDict[tuple[Any, ...], dict[str, Any]] = OrderedDict()
        self._lock = Lock()

    def page(self, page: Page, asked: Mapping[str, str], role: Role) -> dict[str, Any]:
        """Everything that the browser draws a page from, all of one generation."""
        snapshot = self.marts.current()
        relevant = {key: value[:_MAX_TEXT] for key, value in asked.items() if _is_state(page, key)}
        key = (snapshot.generation.number, page.id, role, tuple(sorted(relevant.items())))
        with self._lock:
            if key in self._cache:
                self._cache.move_to_end(key)
                return {**self._cache[key], "cached": True}
        answer = self._answer(snapshot, page, relevant, role)
        with self._lock:
            self._cache[key] = answer
            while len(self._cache) > _CACHED_PAGES:
                self._cache.popitem(last=False)
        return answer

    def csv(self, page: Page, tile: Tile, asked: Mapping[str, str], role: Role) -> tuple[int, str]:
        """The generation and all rows of a tile as CSV, suppressed as on the page."""
        snapshot = self.marts.current()
        values = {choice.filter.id: choice.value for choice in self.choices(snapshot, page, asked)}
        out = io.StringIO()
        if tile.privacy == "persons" and role == "aggregates":
            return snapshot.generation.number, ""
        result = snapshot.query(tile.sql, values, limit=_CSV_ROWS)
        rows, _ = self._suppress(tile, result, role)
        writer = csv.writer(out)
        writer.writerow(result.columns)
        writer.writerows([_defused(value) for value in row] for row in rows)
        return snapshot.generation.number, out.getvalue()

    def choices(self, snapshot: Snapshot, page: Page, asked: Mapping[str, str]) -> list[Choice]:
        """The filters in order. A value that is no option becomes the default, or the first option."""
        found: list[Choice] = []
        for each in page.filters:
            values = {choice.filter.id: choice.value for choice in found}
            wanted = asked.get(each.id, each.default)[:_MAX_TEXT]
            if each.kind == "text":
                found.append(Choice(each, [], wanted))
                continue
            options = _options(snapshot, each, values)
            allowed = [option["value"] for option in options]
            fallback = each.default if each.default in allowed else next(iter(allowed), "")
            found.append(Choice(each, options, wanted if wanted in allowed else fallback))
        return found

    def _answer(self, snapshot: Snapshot, page: Page, asked: Mapping[str, str], role: Role) -> dict[str, Any]:
        started = time.perf_counter()
        choices = self.choices(snapshot, page, asked)
        values = {choice.filter.id: choice.value for choice in choices}
        reasons = dict(snapshot.query("select kpi, reason from kpis.kpi_availability where not is_available", {}).rows)
        wanted = [tile for tile in page.tiles if not tile.needs or values[tile.needs]]
        question = Question(values, asked, role, reasons)
        tiles = [self._tile(snapshot, tile, question) for tile in wanted]
        tiles = [tile for tile in tiles if tile["rows"] or not tile["hide_empty"]] or tiles
        return {
            "page": page.id,
            "generation": snapshot.generation.number,
            "as_of_date": snapshot.as_of_date,
            "published_at": snapshot.published_at,
            "role": role,
            "small_n_floor": self.small_n_floor,
            "filters": [
                {"id": c.filter.id, "label": c.filter.label, "kind": c.filter.kind, "value": c.value}
                | {"options": c.options}
                for c in choices
            ],
            "tiles": tiles,
            "segments": snapshot.segments,
            "milliseconds": round((time.perf_counter() - started) * 1000, 1),
        }

    def _tile(self, snapshot: Snapshot, tile: Tile, question: Question) -> dict[str, Any]:
        started = time.perf_counter()
        number = _page_number(question.asked.get(f"page_{tile.id}", "1"))
        paged = tile.kind in ("table", "timeline")
        dimension = question.values.get(tile.segments[1:], "") if tile.segments.startswith("$") else tile.segments
        drawing = tile.model_dump(
            exclude={"sql", "privacy", "hidden", "labels", "units", "kpi", "empty", "segments", "needs"}
        )
        shown: dict[str, Any] = {
            **drawing,
            "sql": tile.sql.strip(),
            "dimension": dimension,
            "marts": [{"name": name, "about": snapshot.comments.get(name, "")} for name in tile.marts],
            "page_number": number,
            "more": False,
            "empty": question.reasons.get(tile.kpi) or tile.empty,
        }
        if tile.privacy == "persons" and question.role == "aggregates":
            notice = "This list names customers. Your role sees groups only."
            return {**shown, "columns": [], "rows": [], "suppressed": 0, "empty": notice}
        limit, offset = (tile.page_size + 1, (number - 1) * tile.page_size) if paged else (None, 0)
        result = snapshot.query(tile.sql, question.values, limit, offset)
        rows, suppressed = self._suppress(tile, result, question.role)
        if paged and len(rows) > tile.page_size:
            rows, shown["more"] = rows[: tile.page_size], True
        return {
            **shown,
            "columns": [_column(snapshot, tile, name) for name in result.columns],
            "rows": [[_plain(value) for value in row] for row in rows],
            "suppressed": suppressed,
            "milliseconds": round((time.perf_counter() - started) * 1000, 1),
        }

    def _suppress(self, tile: Tile, result: Result, role: Role) -> tuple[list[list[Any]], int]:
        """Blank the numbers of groups under the floor for a role that sees aggregates only."""
        rows = [list(row) for row in result.rows]
        if role == "persons" or tile.privacy != "groups":
            return rows, 0
        places = {name: index for index, name in enumerate(result.columns)}
        kept = _kept(tile, result)
        blanked = [index for name, index in places.items() if name not in kept]
        suppressed = 0
        for row in rows:
            n = row[places[tile.n]] if tile.n else None
            too_few = 0 < n < self.small_n_floor if n is not None else bool(tile.n)
            if too_few or (tile.small and row[places[tile.small]] is True):
                suppressed += 1
                for index in blanked:
                    row[index] = None
        return rows, suppressed


def _kept(tile: Tile, result: Result) -> set[str]:
    """The columns that say which group a row is, not how large it is."""
    if tile.kind == "numbers":
        return _KEPT_OF_CARDS
    axes = {tile.row, tile.by, tile.small, tile.complete} | ({tile.x} if tile.kind != "scatter" else set())
    texts = {n for n, t in zip(result.columns, result.types, strict=True) if t.upper().startswith(_KEPT_TYPES)}
    return texts | {name for name in axes if name}


def _options(snapshot: Snapshot, each: Filter, values: Mapping[str, str]) -> list[dict[str, str]]:
    if each.values:
        return [{"value": value, "label": label} for value, label in each.values.items()]
    result = snapshot.query(each.sql, values)
    named = "label" in result.columns
    return [{"value": str(row[0]), "label": str(row[1]) if named else ""} for row in result.rows if row[0] is not None]


def _is_state(page: Page, key: str) -> bool:
    return any(each.id == key for each in page.filters) or any(key == f"page_{tile.id}" for tile in page.tiles)


def _page_number(text: str) -> int:
    return max(1, int(text)) if text.isdigit() and len(text) < 7 else 1


def _column(snapshot: Snapshot, tile: Tile, name: str) -> dict[str, Any]:
    described = (snapshot.comments.get(f"{mart}.{name}") for mart in tile.marts)
    about = next((text for text in described if text), "")
    return {
        "name": name,
        "label": tile.labels.get(name, ""),
        "unit": tile.units.get(name) or (tile.unit if name in _values_of(tile) else None),
        "about": about,
        "hidden": name in tile.hidden,
    }


def _values_of(tile: Tile) -> set[str]:
    drawn: Iterable[str | None] = (tile.value, tile.low, tile.high, *(measure.column for measure in tile.y))
    return {name for name in drawn if name}


def _plain(value: Any) -> Any:
    """A value as JSON carries it: no infinity, no exact decimal, dates as ISO text."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _defused(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets a leading apostrophe."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
