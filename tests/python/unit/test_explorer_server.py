"""The explorer's server on small generations made here: numbers, roles, generations, and what a browser may load."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import explorer_company
import pytest
from starlette.testclient import TestClient

from segmentry.explorer.answers import Explorer
from segmentry.explorer.marts import Marts
from segmentry.explorer.pages import load_pages
from segmentry.explorer.server import application

PROJECT = Path(__file__).parents[3]
PAGES = load_pages(PROJECT / "explorer" / "pages")
PERSONS = {"x-role": "persons"}

MRR = """
insert into kpis.kpi_mrr_movements by name
select
    'month' as period_grain, date '2025-10-01' + to_months(i::int) as period_start, dimension as segment_dimension,
    key as segment_key, true as is_complete, accounts as opening_accounts, opening as opening_mrr, 50.25 as new_mrr,
    10 as expansion_mrr, 5 as contraction_mrr, lost as churned_mrr, 0 as reactivation_mrr,
    opening + 60.25 - 5 - lost as closing_mrr, 60.25 as gained_mrr, 5 + lost as lost_mrr,
    1 - lost / opening as nrr, 1 - lost / opening as grr, accounts < 30 as is_small_n
from range(3) as t(i)
cross join (values ('all', 'all', 45, 1000, 20), ('firmographic', 'big', 40, 900, 20),
    ('firmographic', 'tiny', 5, 100, 0))
    as s(dimension, key, accounts, opening, lost)
"""
MEMBERS = """
insert into segments.segment_membership by name
select
    'customer' as entity_type, case when i < 40 then 'c' || i else 'secret_' || i end as entity_id,
    'engagement' as dimension, case when i < 40 then 'active' else 'dormant' end as segment_key,
    date '2025-12-31' as as_of_date, date '2025-11-01' as entered_on, 1 as definition_version
from range(45) as t(i)
"""
DEFINITIONS = """
insert into core.dim_segments by name
select
    'customer' as entity_type, 'engagement' as dimension, key as segment_key, name as segment_name, rule as rule_text,
    true as is_exclusive, 1 as definition_version, place as sort_order
from (values ('active', 'Active', 'days since active is below 28', 1), ('dormant', '=Dormant</script>', 'x', 2))
    as s(key, name, rule, place)
"""
MOVES = """
insert into segments.segment_transitions by name
select
    'customer' as entity_type, 'engagement' as dimension, 'month' as period_grain, date '2025-12-01' as period_start,
    source as from_segment_key, target as to_segment_key, moved as entities
from (values ('active', 'active', 36), ('dormant', 'active', 4), ('active', 'dormant', 2), ('dormant', 'dormant', 3))
    as s(source, target, moved)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("made")
    tables = explorer_company.contract_tables(PROJECT)
    explorer_company.publish(home, 1, tables, MRR, MEMBERS, DEFINITIONS, MOVES)
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    """A copy to publish into."""
    shutil.copytree(made / "published" / "generations", tmp_path / "published" / "generations")
    explorer_company.put_in_place(tmp_path, 1)
    return tmp_path


def client_of(home: Path, role_header: str | None = None) -> TestClient:
    marts = Marts(home / "published")
    return TestClient(application(Explorer(PAGES, marts, 30), ("testserver",), role_header))


@pytest.fixture
def client(home: Path) -> TestClient:
    return client_of(home)


def tile(answer: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Rows of a tile by column name."""
    found = next(each for each in answer["tiles"] if each["id"] == name)
    names = [column["name"] for column in found["columns"]]
    return [dict(zip(names, row, strict=True)) for row in found["rows"]]


def publish_second(home: Path) -> None:
    """A generation in which everybody churns."""
    folder = home / "published" / "generations" / "000002"
    shutil.copytree(home / "published" / "generations" / "000001", folder)
    (folder / "marts.duckdb").chmod(0o644)
    with duckdb.connect(str(folder / "marts.duckdb")) as connection:
        connection.execute("update kpis.kpi_mrr_movements set closing_mrr = 0, opening_mrr = 0")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "generation": 2}))
    explorer_company.put_in_place(home, 2)


# ---- numbers


def test_the_overview_shows_the_last_month_against_the_one_before(client: TestClient) -> None:
    rows = {row["label"]: row for row in tile(client.get("/data/overview").json(), "headline")}
    assert rows["MRR"]["value"] == 1035.25  # 1000 + 50.25 + 10 - 5 - 20
    assert rows["MRR"]["change"] == 0
    assert rows["Net revenue retention"]["value"] == 0.98
    assert rows["MRR"]["trend"] == [1035.25] * 3


def test_mrr_movements_add_up_to_the_closing_mrr(client: TestClient) -> None:
    answer = client.get("/data/mrr", params={"segment": "big", "period": "2025-12-01"}).json()
    bridge = {row["part"]: row["amount"] for row in tile(answer, "bridge")}
    assert bridge["opening"] == 900 and bridge["closing"] == 935.25
    assert sum(v for part, v in bridge.items() if part != "closing") == bridge["closing"]
    assert [row["net_movement"] for row in tile(answer, "movements")] == [35.25] * 3


def test_the_segment_page_counts_members_and_moves(client: TestClient) -> None:
    answer = client.get("/data/segments", params={"dimension": "engagement", "segment": "active"}).json()
    now = {row["label"]: row["value"] for row in tile(answer, "now")}
    assert now == {"Members": 40, "Share of the dimension": 40 / 45, "Entered": 4, "Left": 2}
    assert {row["segment_key"]: row["members"] for row in tile(answer, "size")} == {"active": 40, "dormant": 5}
    assert tile(answer, "rule")[0]["rule_text"] == "days since active is below 28"


def test_a_value_that_is_no_option_becomes_the_default(client: TestClient) -> None:
    answer = client.get("/data/segments", params={"dimension": "x' or 1=1 --", "segment": "nobody"}).json()
    assert [each["value"] for each in answer["filters"]] == ["engagement", "active"]


def test_long_lists_are_paged_by_the_server(client: TestClient) -> None:
    first = client.get("/data/segments", params={"segment": "active"}).json()
    last = client.get("/data/segments", params={"segment": "active", "page_members": "4"}).json()
    members = next(each for each in first["tiles"] if each["id"] == "members")
    assert len(members["rows"]) == 10 and members["more"]
    assert len(tile(last, "members")) == 10 and not next(t for t in last["tiles"] if t["id"] == "members")["more"]
    beyond = client.get("/data/segments", params={"segment": "active", "page_members": "-1"}).json()
    assert tile(beyond, "members") == tile(first, "members")


# ---- roles


def test_without_the_role_a_reader_sees_no_person_and_no_small_group(home: Path) -> None:
    client = client_of(home, "x-role")
    for headers in ({}, {"x-role": "admin"}, {"x-role": "aggregates"}):
        answer = client.get("/data/segments", params={"segment": "dormant"}, headers=headers).json()
        assert answer["role"] == "aggregates" and tile(answer, "members") == []
        assert "secret_" not in json.dumps(answer)
        sizes = {row["segment_key"]: row["members"] for row in tile(answer, "size")}
        assert sizes == {"active": 40, "dormant": None}
        mrr = client.get("/data/mrr", params={"period": "2025-12-01"}, headers=headers).json()
        by_segment = {row["segment_key"]: row["closing_mrr"] for row in tile(mrr, "segments")}
        assert by_segment == {"big": 935.25, "tiny": None}


def test_with_the_role_a_reader_sees_persons(home: Path) -> None:
    answer = client_of(home, "x-role").get("/data/segments", params={"segment": "dormant"}, headers=PERSONS).json()
    assert {row["entity_id"] for row in tile(answer, "members")} == {f"secret_{i}" for i in range(40, 45)}


def test_the_cache_keeps_roles_apart(home: Path) -> None:
    client = client_of(home, "x-role")
    client.get("/data/segments", params={"segment": "dormant"}, headers=PERSONS)
    assert "secret_" not in client.get("/data/segments", params={"segment": "dormant"}).text


def test_csv_suppresses_as_the_page_does(home: Path) -> None:
    client = client_of(home, "x-role")
    refused = client.get("/csv/segments/members", params={"segment": "dormant"})
    assert refused.status_code == 403 and "secret_" not in refused.text
    text = client.get("/csv/mrr/segments", params={"period": "2025-12-01"}).text
    rows = {row["segment_key"]: row["closing_mrr"] for row in csv.DictReader(io.StringIO(text))}
    assert rows == {"big": "935.25", "tiny": ""}


def test_csv_gives_exact_values_and_no_formula(client: TestClient) -> None:
    answer = client.get("/csv/mrr/movements")
    assert answer.headers["content-disposition"].endswith('"mrr_movements_generation_1.csv"')
    assert {row["new_mrr"] for row in csv.DictReader(io.StringIO(answer.text))} == {"50.25"}
    assert "'=Dormant" in client.get("/csv/definitions/segments").text


# ---- generations


def test_a_publish_and_a_rollback_show_without_a_restart(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segmentry.explorer.marts._LOOK_EVERY_SECONDS", 0)
    client = client_of(home)
    mrr = lambda: {row["label"]: row["value"] for row in tile(client.get("/data/overview").json(), "headline")}["MRR"]  # noqa: E731
    assert (client.get("/generation").json()["generation"], mrr()) == (1, 1035.25)
    publish_second(home)
    assert (client.get("/generation").json()["generation"], mrr()) == (2, 0)
    explorer_company.put_in_place(home, 1)
    assert (client.get("/generation").json()["generation"], mrr()) == (1, 1035.25)


def test_a_page_never_mixes_two_generations(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A publish in the middle of a page: every tile is still of the generation that the page began with."""
    monkeypatch.setattr("segmentry.explorer.marts._LOOK_EVERY_SECONDS", 0)
    marts = Marts(home / "published")
    explorer = Explorer(PAGES, marts, 30)
    original, calls = explorer._tile, []

    def publishing_first(*args: Any) -> dict[str, Any]:
        if not calls:
            publish_second(home)
            assert marts.current().generation.number == 2
        calls.append(args[1].id)
        return original(*args)

    monkeypatch.setattr(explorer, "_tile", publishing_first)
    answer = explorer.page(PAGES["mrr"], {"period": "2025-12-01"}, "persons")
    assert answer["generation"] == 1
    assert [row["closing_mrr"] for row in tile(answer, "segments")] == [935.25, 155.25]
    assert {row["amount"] for row in tile(answer, "bridge")} >= {1000, 1035.25}


def test_without_a_publication_the_page_says_what_to_do(tmp_path: Path) -> None:
    answer = client_of(tmp_path).get("/p/overview")
    assert answer.status_code == 503 and "segmentry demo" in answer.text
    assert client_of(tmp_path).get("/data/overview").json()["error"].startswith("nothing is published yet")


# ---- safety


def test_the_connection_reads_this_file_and_nothing_else(home: Path) -> None:
    snapshot = Marts(home / "published").current()
    (home / "other.csv").write_text("a\n1\n")
    for sql in (
        f"select * from read_csv('{home / 'other.csv'}')",
        f"attach '{home / 'new.duckdb'}'",
        "set enable_external_access = true",
        "set memory_limit = '8GB'",
        "create table kpis.mine as select 1",
        "install httpfs",
    ):
        with pytest.raises(duckdb.Error):
            snapshot.query(sql, {})


def test_every_answer_forbids_foreign_content(client: TestClient) -> None:
    for path in ("/p/overview", "/data/overview", "/static/app.js", "/p/nothing", "/generation"):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy


def test_the_page_loads_nothing_from_outside(client: TestClient) -> None:
    html = client.get("/p/overview").text
    assert not re.search(r"(?:src|href)=\"(?!/|#)", html)
    assert " style=" not in html and " onclick=" not in html
    for path in (PROJECT / "segmentry/explorer/static").glob("*.[jc]s*"):
        if not path.name.startswith("echarts"):
            assert "//" not in re.sub(
                r"^\s*//.*$|\s//\s.*$|http://www\.w3\.org/2000/svg|startsWith\(\"//\"\)",
                "",
                path.read_text(),
                flags=re.M,
            )


def test_text_of_the_data_cannot_end_the_script_element(client: TestClient) -> None:
    assert "</script>" not in re.search(r'<script id="payload".*?>(.*?)</script>', client.get("/p/segments").text)[1]
    html = client.get("/p/segments").text
    payload = re.search(r'<script id="payload" type="application/json">(.*?)</script>', html, re.S)
    assert payload and json.loads(payload[1])["segments"]["engagement"]["dormant"]["name"] == "=Dormant</script>"


def test_a_foreign_host_name_is_refused(client: TestClient) -> None:
    assert client.get("/generation", headers={"host": "evil.example"}).status_code == 400


def test_the_log_names_pages_and_no_customer(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="segmentry.explorer"):
        client.get("/p/customer", params={"customer": "secret_41"})
    assert "GET /p/customer 200" in caplog.text and "secret_41" not in caplog.text.split("HTTP Request")[0]


def test_what_is_not_there_is_not_found(client: TestClient) -> None:
    assert client.get("/p/nothing").status_code == 404
    assert client.get("/csv/overview/nothing").status_code == 404
    assert client.get("/static/../server.py").status_code == 404
    assert client.post("/data/overview").status_code == 405
