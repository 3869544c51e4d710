"""The page language, and every page against the columns that the marts' contracts promise."""

from __future__ import annotations

from pathlib import Path

import explorer_company
import pytest

from segmentry.errors import UsageError
from segmentry.explorer.answers import Explorer
from segmentry.explorer.marts import Marts
from segmentry.explorer.pages import Page, load_pages, statements

PROJECT = Path(__file__).parents[3]
PAGES = load_pages(PROJECT / "explorer" / "pages")


@pytest.fixture(scope="module")
def empty_company(tmp_path_factory: pytest.TempPathFactory) -> Explorer:
    """Every mart with the columns of its contract and no row."""
    home = tmp_path_factory.mktemp("empty")
    explorer_company.publish(home, 1, explorer_company.contract_tables(PROJECT))
    return Explorer(PAGES, Marts(home / "published"), small_n_floor=30)


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_every_tile_reads_columns_that_the_contracts_have(page: Page, empty_company: Explorer) -> None:
    """A renamed column of a mart fails here, and so does a column that the chart needs and the SQL lacks."""
    snapshot = empty_company.marts.current()
    values = {each.id: each.default for each in page.filters} | {
        "period": "2025-12-01", "cut": "2025-12-01", "months": "12", "step": "1",
    }  # fmt: skip
    for what, sql in statements(page):
        columns = snapshot.query(sql, values).columns
        if what.startswith("filter"):
            assert columns in (["value"], ["value", "label"]), what
    for tile in page.tiles:
        columns = snapshot.query(tile.sql, values).columns
        assert tile.columns_used <= set(columns), f"{tile.id} lacks {tile.columns_used - set(columns)}"
        linked = set(explorer_company.names_in_braces(tile.link))
        assert linked <= set(columns), f"the link of {tile.id} names {linked - set(columns)}"
        if tile.kind == "numbers":
            assert {"label", "value", "unit"} <= set(columns), tile.id


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_company_without_data_gets_reasons_instead_of_errors(page: Page, empty_company: Explorer) -> None:
    answer = empty_company.page(page, {}, "persons")
    assert all(tile["empty"] for tile in answer["tiles"])


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_links_lead_to_pages_and_filters_that_exist(page: Page) -> None:
    for tile in page.tiles:
        for target, parameters in explorer_company.links(tile.link):
            assert target in PAGES, tile.id
            assert parameters <= {each.id for each in PAGES[target].filters}, tile.id


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_lists_of_persons_are_marked(page: Page) -> None:
    """A tile that gives an identifier of a customer or an account is for persons only."""
    for tile in page.tiles:
        shown = tile.sql.split("from", 1)[0]
        if tile.privacy != "persons":
            assert "customer_id" not in shown and "entity_id" not in shown and "account_id" not in shown, tile.id


def page_text(**changes: str) -> str:
    tile = {
        "id": "one", "title": "One", "about": "What it is.", "kind": "table", "privacy": "open", "sql": "select 1 as n",
    } | changes  # fmt: skip
    lines = [f"{key}: {value}" for key, value in tile.items()]
    return "title: T\nquestion: Q?\ngroup: Company\norder: 1\ntiles:\n  - " + "\n    ".join(lines) + "\n"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"sql": "select 1; select 2"}, "one SELECT"),
        ({"sql": "drop table kpis.kpi_nps"}, "one SELECT"),
        ({"sql": "attach 'x.duckdb'"}, "one SELECT"),
        ({"sql": "select form where"}, "tile one"),
        ({"sql": "select $who as n"}, r"\$who"),
        ({"kind": "line"}, "needs x, y"),
        ({"kind": "pie"}, "kind"),
        ({"privacy": "groups"}, "small ones can be suppressed"),
        ({"colour": "red"}, "colour"),
        ({"needs": "customer"}, "no filter"),
    ],
)
def test_a_wrong_page_is_refused_with_the_reason(tmp_path: Path, changes: dict[str, str], complaint: str) -> None:
    (tmp_path / "wrong.yml").write_text(page_text(**changes))
    with pytest.raises(UsageError, match=complaint):
        load_pages(tmp_path)


def test_a_right_page_is_read(tmp_path: Path) -> None:
    (tmp_path / "right.yml").write_text(page_text())
    assert load_pages(tmp_path)["right"].tiles[0].columns_used == set()


def test_a_folder_without_pages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no page"):
        load_pages(tmp_path)


def test_the_example_of_the_documentation_is_a_page(tmp_path: Path, empty_company: Explorer) -> None:
    text = (PROJECT / "docs" / "how-to" / "explore.md").read_text(encoding="utf-8")
    (tmp_path / "orders.yml").write_text(text.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    page = load_pages(tmp_path)["orders"]
    result = empty_company.marts.current().query(page.tiles[0].sql, {"dimension": "engagement"})
    assert page.tiles[0].columns_used <= set(result.columns)
