"""Replays cases that were found outside: public bug reports and conventions of other tools, each with its right answer.

The bug cases share one home, since their ids do not collide. Conventions ask for totals of a period, so each has a home
of its own, and `make test` replays a few of them; the funnels share one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from budget import runs
from dbt_process import ROOT, run_dbt

from segmentry.contracts import load_contracts
from segmentry.landing import land

CASES = Path(__file__).resolve().parents[1] / "fixtures" / "cases"
BUGS = {path.parent.name: json.loads(path.read_text("utf-8")) for path in sorted(CASES.glob("bugs/*/expected.json"))}
CONVENTIONS = {case["id"]: case for case in json.loads((CASES / "semantics.json").read_text("utf-8"))}
FUNNELS = [name for name, case in CONVENTIONS.items() if case["settings"]["funnels"]]
NOW = datetime(2026, 7, 1, tzinfo=UTC)
BERLIN = {"reporting_timezone": "Europe/Berlin"}
KNOWN_OPEN = {
    "csat_scales": "the seed survey_scales has no thumbs (0 or 1) and no scales of 4 and 6",
    "x_fun_any_repeat": "a build refuses such a funnel: test funnels_in_any_order_name_each_event_once",
}

pytestmark = pytest.mark.integration


def holds(name: str, failures: list[str]) -> None:
    """A case that is known to be open must fail, so that whoever repairs it takes it off the list."""
    if name in KNOWN_OPEN:
        assert failures, f"{name} holds now. Remove it from KNOWN_OPEN."
    else:
        assert failures == []


def landed(home: Path, take: Callable[[Path], bool], names: Iterable[str]) -> dict[tuple[str, str], Any]:
    """Land the files of cases, each under the name of its case. Returns (case, feed) -> outcome."""
    for name in names:
        for path in sorted((CASES / "bugs" / name).glob("*/*")):
            if take(path):
                folder = home / "inbox" / path.parent.name
                folder.mkdir(parents=True, exist_ok=True)
                # events of different cases have the same ids
                text = path.read_text("utf-8")
                if path.parent.name == "events":
                    text = text.replace('"event_id":"', f'"event_id":"{name}-').replace("\ne", f"\n{name}-e")
                (folder / f"{name}.{path.name}").write_text(text, "utf-8")
    found = land(home, load_contracts(ROOT / "contracts"), now=NOW)
    return {(file.file_name.partition(".")[0], file.feed): file for file in found}


def built(home: Path, parsed: Path, select: list[str], **variables: str) -> duckdb.DuckDBPyConnection:
    arguments = ["build", "--quiet", "--exclude-resource-type", "test", "unit_test", "--select", *select]
    run_dbt(home, *arguments, target=home / "target", parsed=parsed, variables=variables)
    return duckdb.connect(str(home / "warehouse" / "segmentry.duckdb"), read_only=True)


Bugs = tuple[duckdb.DuckDBPyConnection, dict[tuple[str, str], Any]]
MARTS = ("core.", "kpis.", "staging.")


def marts_of(names: Iterable[str]) -> list[str]:
    """The models that the checks of cases ask, with everything before them."""
    words = " ".join(check.get("sql", "") for name in names for check in BUGS[name]["checks"]).split()
    return sorted({f"+{word.partition('.')[2]}" for word in words if word.startswith(MARTS)})


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory, parsed: Path) -> Bugs:
    """Every bug case over one home. What corrects an earlier file lands after it."""
    home = tmp_path_factory.mktemp("cases")
    outcomes = landed(home, lambda path: not path.name.startswith("2_"), BUGS)
    landed(home, lambda path: path.name.startswith("2_"), BUGS)
    return built(home, parsed, marts_of(BUGS)), outcomes


@pytest.mark.parametrize("name", BUGS)
def test_a_reported_bug_is_not_ours(name: str, together: Bugs) -> None:
    connection, outcomes = together
    failures = []
    for check in BUGS[name]["checks"]:
        if "land" in check:
            attribute = "quarantined" if check["land"] == "quarantined" else "status"
            found: Any = {feed: getattr(file, attribute) for (case, feed), file in outcomes.items() if case == name}
            told = check["expected"]
            expected = told if isinstance(told, dict) else dict.fromkeys(found, "landed")
        elif "sql" in check:
            expected = [[as_text(cell) for cell in row] for row in check["expected"]]
            found = [[as_text(cell) for cell in row] for row in connection.execute(check["sql"]).fetchall()]
        else:
            continue  # told in words: landing's own tests show it
        if found != expected:
            failures.append(f"{check.get('sql') or check['land']}: {found}, not {expected}")
    holds(name, failures)


def as_text(cell: object) -> object:
    return cell if cell is None or isinstance(cell, bool) else str(cell)


# ---- conventions


@pytest.fixture(scope="module")
def parsed_berlin(made_once: Callable[..., Path]) -> Path:
    def parse(folder: Path) -> None:
        run_dbt(folder / "home", "parse", target=folder, variables=BERLIN)

    return made_once("parsed_berlin", parse)


def write_feed(home: Path, feed: str, rows: list[dict[str, Any]], name: str = "a") -> None:
    folder = home / "inbox" / feed
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps({key: cell for key, cell in row.items() if cell is not None}) + "\n" for row in rows)
    (folder / f"{name}.ndjson").write_text(lines, "utf-8")


def failures_of(connection: duckdb.DuckDBPyConnection, case: dict[str, Any]) -> list[str]:
    failures = []
    for expect in case["expect"]:
        ((relation,),) = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where table_name = ?", [expect["mart"]]
        ).fetchall()
        where = [f"{column} = '{value}'" for column, value in expect["where"].items()]
        columns = [row[0] for row in connection.execute(f"describe {relation}").fetchall()]
        where += ["segment_dimension = 'all'"] if "segment_dimension" in columns else []
        for column, expected in expect["columns"].items():
            figure = f"max({column})" if isinstance(expected, str) else f"coalesce(sum({column}), 0)"
            figure = "count(*)" if column == "row_count" else figure
            ((found,),) = connection.execute(f"select {figure} from {relation} where {' and '.join(where)}").fetchall()
            near = (
                found == expected if isinstance(expected, str) else abs(float(found) - expected) <= expect.get("tol", 0)
            )
            if not near:
                failures.append(f"{expect['mart']}.{column} where {expect['where']}: {found}, not {expected}")
    return failures


@pytest.fixture(scope="module")
def funnels(tmp_path_factory: pytest.TempPathFactory, parsed_berlin: Path) -> duckdb.DuckDBPyConnection:
    """All funnels, in the table of their seed, over one home: the people and events of a case bear its name."""
    home = tmp_path_factory.mktemp("funnels")
    events, steps = [], []
    for name in FUNNELS:
        for row in CONVENTIONS[name]["feeds"]["events"]:
            named = {key: f"{name}-{row[key]}" for key in ("event_id", "event_name", "user_id") if row.get(key)}
            events.append(row | named)
        for funnel in CONVENTIONS[name]["settings"]["funnels"]:
            steps += [
                [name, funnel["order"], funnel["window_seconds"], number, step, f"{name}-{step}"]
                for number, step in enumerate(funnel["steps"], start=1)
            ]
    write_feed(home, "events", events)
    assert {file.status for file in land(home, load_contracts(ROOT / "contracts"), now=NOW)} == {"landed"}
    built(home, parsed_berlin, ["resource_type:seed"], **BERLIN).close()
    with duckdb.connect(str(home / "warehouse" / "segmentry.duckdb")) as connection:
        ((seed,),) = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where table_name = 'funnels'"
        ).fetchall()
        connection.execute(f"delete from {seed}")
        connection.executemany(f"insert into {seed} values (?, ?, ?, ?, ?, ?)", steps)
    select = ["+report_funnels", "--exclude", "resource_type:seed"]
    return built(home, parsed_berlin, select, **BERLIN)


@pytest.mark.parametrize("name", FUNNELS)
def test_a_funnel_counts_as_its_convention_says(name: str, funnels: duckdb.DuckDBPyConnection) -> None:
    case = CONVENTIONS[name]
    for expect in case["expect"]:
        expect["where"] |= {"funnel": name}
    holds(name, failures_of(funnels, case))


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in CONVENTIONS if name not in FUNNELS][: runs(2, len(CONVENTIONS))])
def test_a_total_is_what_its_convention_says(name: str, parsed_berlin: Path, tmp_path: Path) -> None:
    case = CONVENTIONS[name]
    for feed, rows in case["feeds"].items():
        write_feed(tmp_path, feed, rows)
    assert {file.status for file in land(tmp_path, load_contracts(ROOT / "contracts"), now=NOW)} == {"landed"}
    marts = sorted({f"+{expect['mart']}" for expect in case["expect"]})
    with built(tmp_path, parsed_berlin, marts, **BERLIN) as connection:
        holds(name, failures_of(connection, case))
