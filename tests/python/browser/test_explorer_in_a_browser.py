"""The explorer in Debian's Chromium: it draws, filters, follows a publish, and asks nobody else for anything."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import explorer_company
import pytest
import uvicorn
from playwright.sync_api import Page, expect, sync_playwright

from segmentry.explorer.answers import Explorer
from segmentry.explorer.marts import Marts
from segmentry.explorer.pages import load_pages
from segmentry.explorer.server import LOOPBACK, application

PROJECT = Path(__file__).parents[3]
PAGES = load_pages(PROJECT / "explorer" / "pages")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)")

DEFINITIONS = """
insert into core.dim_segments by name
select
    'customer' as entity_type, 'engagement' as dimension, key as segment_key, name as segment_name,
    'a rule' as rule_text, true as is_exclusive, 1 as definition_version, place as sort_order
from (values ('active', 'Active', 1), ('dormant', 'Dormant', 2)) as s(key, name, place)
"""
MOVES = """
insert into segments.segment_transitions by name
select
    'customer' as entity_type, 'engagement' as dimension, 'month' as period_grain,
    date '2025-06-01' + to_months(i::int) as period_start, key as from_segment_key, key as to_segment_key,
    40 + i as entities
from range(6) as t(i) cross join (values ('active'), ('dormant')) as s(key)
"""
MEMBERS = """
insert into segments.segment_membership by name
select
    'customer' as entity_type, 'c' || i as entity_id, 'engagement' as dimension,
    case when i < 40 then 'active' else 'dormant' end as segment_key, 1 as definition_version
from range(70) as t(i)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    explorer_company.publish(tmp_path, 1, explorer_company.contract_tables(PROJECT), DEFINITIONS, MOVES, MEMBERS)
    return tmp_path


@pytest.fixture
def address(home: Path) -> Iterator[str]:
    """The server on a free port of loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = application(Explorer(PAGES, Marts(home / "published"), 30), LOOPBACK)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture
def browser_page(address: str) -> Iterator[Page]:
    """A page that fails the test on an error of the console and on a request to anywhere else."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=180_000)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: None if r.url.startswith((address, "data:")) else complaints.append(r.url))
        yield page
        browser.close()
    assert complaints == []


def generation_shown(page: Page, number: int) -> None:
    page.wait_for_selector(f'#tiles[data-drawn="{number}"]')


def test_a_reader_follows_a_segment(browser_page: Page, address: str, home: Path) -> None:
    page = browser_page
    page.goto(f"{address}/p/segments?dimension=engagement&segment=active")
    generation_shown(page, 1)
    assert page.locator("#now .number").first.inner_text().split("\n")[:2] == ["Members", "40"]
    assert page.locator("#size canvas").count() == 1
    assert page.locator("#size .legend .item").all_inner_texts() == ["Active", "Dormant"]

    # another segment: the address carries the state, the figures follow
    page.select_option("#filter-segment", "dormant")
    expect(page.locator("#now .value").first).to_have_text("30", timeout=60_000)
    assert "segment=dormant" in page.url

    # by keyboard alone: the chart as a table, and how it is computed
    page.locator("#size summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Show as table").press("Enter")
    assert page.locator("#size table tbody tr").count() == 12
    page.locator("#size summary").press("Enter")
    page.get_by_role("button", name="How is this computed?").press("Enter")
    text = page.get_by_role("dialog").inner_text()
    assert "segments.segment_transitions" in text and "$dimension = engagement" in text
    page.keyboard.press("Escape")

    # a publish shows within seconds, without a reload
    folder = home / "published" / "generations" / "000002"
    shutil.copytree(folder.with_name("000001"), folder)
    with duckdb.connect(str(folder / "marts.duckdb")) as connection:
        connection.execute("delete from segments.segment_membership where entity_id >= 'c60'")
    (folder / "manifest.json").write_text(
        (folder / "manifest.json").read_text().replace('"generation": 1', '"generation": 2')
    )
    explorer_company.put_in_place(home, 2)
    generation_shown(page, 2)


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_every_page_draws_for_a_company_without_data(browser_page: Page, address: str, theme: str, width: int) -> None:
    """No page fails, none is wider than the screen, and empty tiles say so."""
    page = browser_page
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 844})
    for name in PAGES:
        page.goto(f"{address}/p/{name}")
        generation_shown(page, 1)
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
        assert page.locator(".tile").count() > 0, name
