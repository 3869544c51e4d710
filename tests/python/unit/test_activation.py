"""Audiences as files and as deliveries: what is written, what a destination ends up with, what a failure leaves."""

import csv
import hashlib
import json
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer

import duckdb
import pyarrow.parquet as pq
import pytest
from budget import runs
from hypothesis import given
from hypothesis import settings as example_limit
from hypothesis import strategies as st
from typer.testing import CliRunner

from segmentry.activation import audience_exports, deliver, export_audience
from segmentry.activation.destinations import TOKEN_VARIABLE, HttpDestination
from segmentry.activation.exports import formula_safe
from segmentry.cli import app
from segmentry.config import Settings
from segmentry.errors import EnvironmentProblemError, UsageError
from segmentry.publishing import Manifest

AUDIENCE = "at_risk"


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path / "home", project_dir=tmp_path)


def publish(settings: Settings, number: int, members: list[tuple[str, str]], held_out: tuple[str, ...] = ()) -> None:
    """A published generation with the audience's members as (entity id, row hash)."""
    folder = settings.published / "generations" / f"{number:08d}"
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "marts.duckdb")) as marts:
        marts.execute("create schema segments; create schema core")
        marts.execute("create table core.dim_segments (segment_key varchar, is_exclusive boolean)")
        marts.execute(f"insert into core.dim_segments values ('{AUDIENCE}', false), ('dormant', true)")
        marts.execute(
            "create table segments.audience_members (audience_key varchar, entity_type varchar, entity_id varchar,"
            " entered_on date, is_holdout boolean, row_hash varchar)"
        )
        marts.executemany(
            f"insert into segments.audience_members values ('{AUDIENCE}', 'customer', ?, '2026-01-01', ?, ?)",
            [(entity, entity in held_out, mark) for entity, mark in members] or [("", True, "")],
        )
    manifest = Manifest(
        generation=number,
        run_id="r",
        created_at="2026-01-02T00:00:00Z",
        preset="feeds",
        as_of_date=date(2026, 1, 2),
        git_revision=None,
        dbt_invocation_id=None,
        duckdb_version="2",
        input_batches=1,
        max_load_id=1,
        sha256="",
        tables=[],
    )
    (folder / "manifest.json").write_text(manifest.model_dump_json())
    published = settings.published / "marts.duckdb"
    published.unlink(missing_ok=True)
    published.hardlink_to(folder / "marts.duckdb")


class Memory:
    """A destination that keeps what it would hold, and can fail before or after taking a batch."""

    name = "memory"

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.keys: list[str] = []
        self.fail_at: int | None = None
        self.fail_after_taking = False

    def send(self, batch) -> None:
        failing = self.fail_at == len(self.keys)
        if failing and not self.fail_after_taking:
            raise EnvironmentProblemError("down")
        if batch.mode == "full" and batch.number == 1:
            self.held = {}
        for row in batch.rows:
            if row.get("change_type") == "left":
                self.held.pop(row["entity_id"], None)
            else:
                self.held[row["entity_id"]] = row["row_hash"]
        self.keys.append(batch.key)
        if failing:
            raise EnvironmentProblemError("answer lost")


def test_an_export_holds_members_changes_and_hashes_but_nobody_of_the_hold_out(settings) -> None:
    publish(settings, 1, [("c1", "a"), ("c2", "b"), ("c3", "c")], held_out=("c3",))
    first, is_new = export_audience(settings, AUDIENCE)
    assert is_new
    assert (first.members, first.held_out, first.entered, first.left, first.changed) == (2, 1, 2, 0, 0)
    publish(settings, 2, [("c1", "a"), ("c2", "b2"), ("c4", "d")])
    second, _ = export_audience(settings, AUDIENCE)
    assert (second.members, second.entered, second.left, second.changed) == (3, 1, 0, 1)
    publish(settings, 3, [("c4", "d")])
    third, _ = export_audience(settings, AUDIENCE)
    root = settings.home / "exports"
    changes = pq.read_table(third.path(root, "changes.parquet")).to_pylist()
    assert [(row["entity_id"], row["change_type"]) for row in changes] == [("c1", "left"), ("c2", "left")]
    with third.path(root, "members.csv").open(newline="") as stream:
        assert [row["entity_id"] for row in csv.DictReader(stream)] == ["c4"]
    for export in audience_exports(settings, AUDIENCE):
        for file in export.files:
            assert hashlib.sha256(export.path(root, file.name).read_bytes()).hexdigest() == file.sha256
    assert not list(root.rglob("*.tmp"))
    assert b"c3" not in first.path(root, "members.csv").read_bytes()


def test_a_generation_is_exported_once(settings) -> None:
    publish(settings, 1, [("c1", "a")])
    export_audience(settings, AUDIENCE)
    again, is_new = export_audience(settings, AUDIENCE)
    assert not is_new
    assert again.generation == 1


def test_unknown_audience_and_nothing_published(settings) -> None:
    with pytest.raises(EnvironmentProblemError, match="nothing is published"):
        export_audience(settings, AUDIENCE)
    publish(settings, 1, [])
    with pytest.raises(UsageError, match="no audience 'dormant'"):
        export_audience(settings, "dormant")
    with pytest.raises(UsageError, match="not the name"):
        audience_exports(settings, "../published")


@pytest.mark.parametrize("cell", ["=cmd()", "+1", "-1", "@x", "\tx", "\rx"])
def test_text_that_a_spreadsheet_would_run_is_defused(cell: str) -> None:
    assert formula_safe(cell) == "'" + cell


@given(st.one_of(st.integers(), st.none(), st.booleans(), st.text().filter(lambda t: not t or t[0] not in "=+-@\t\r")))
def test_other_cells_stay_as_they_are(cell) -> None:
    assert formula_safe(cell) is cell


@pytest.mark.long
@example_limit(max_examples=runs(12, 500), deadline=None)
@given(data=st.data())
def test_a_destination_ends_with_the_newest_members_whatever_fails(tmp_path_factory, data) -> None:
    settings = Settings(home=tmp_path_factory.mktemp("home"), project_dir=tmp_path_factory.getbasetemp())
    memory = Memory()
    members = st.dictionaries(st.sampled_from(["c1", "c2", "c3", "c4", "c5"]), st.sampled_from(["a", "b"]))
    for number in range(1, data.draw(st.integers(2, 4)) + 1):
        wanted = data.draw(members)
        publish(settings, number, list(wanted.items()))
        export_audience(settings, AUDIENCE)
        memory.fail_at = data.draw(st.one_of(st.none(), st.integers(0, 12)))
        memory.fail_after_taking = data.draw(st.booleans())
        try:
            deliver(settings, AUDIENCE, memory, batch_rows=2)
        except EnvironmentProblemError:
            continue
    memory.fail_at = None
    deliver(settings, AUDIENCE, memory, batch_rows=2)
    assert memory.held == wanted
    sent = len(memory.keys)
    assert deliver(settings, AUDIENCE, memory, batch_rows=2).sent == 0
    assert len(memory.keys) == sent


def test_a_delivery_goes_on_with_the_batch_that_failed(settings) -> None:
    publish(settings, 1, [(f"c{n}", "a") for n in range(5)])
    export_audience(settings, AUDIENCE)
    memory = Memory()
    memory.fail_at = 1
    with pytest.raises(EnvironmentProblemError):
        deliver(settings, AUDIENCE, memory, batch_rows=2)
    memory.fail_at = None
    done = deliver(settings, AUDIENCE, memory, batch_rows=2)
    assert (done.sent, done.skipped, len(set(memory.keys)), len(memory.keys)) == (2, 1, 3, 3)


@pytest.mark.parametrize("torn", ["f", "full 1", "ack 0123", "done", "done 1"])
def test_what_a_crash_left_of_a_note_is_not_read_and_not_written_onto(settings, torn: str) -> None:
    publish(settings, 1, [("a", "1")])
    export_audience(settings, AUDIENCE)
    to = Memory()
    deliver(settings, AUDIENCE, to)
    (notes,) = settings.home.glob(f"exports/{AUDIENCE}/deliveries/*.txt")
    lines = notes.read_text().splitlines(keepends=True)
    started = [line.split()[0] for line in lines].index(torn.split(maxsplit=1)[0]) if torn != "f" else 0
    notes.write_text("".join(lines[:started]) + torn)
    deliver(settings, AUDIENCE, to)
    assert notes.read_text().splitlines(keepends=True) == lines
    publish(settings, 2, [("b", "1")])
    export_audience(settings, AUDIENCE)
    assert deliver(settings, AUDIENCE, to).generations == [2]


def test_exports_after_a_rollback_follow_each_other_in_the_order_they_were_made(settings) -> None:
    """Generation 2 is exported after generation 3: what follows is told against it, not against the larger number."""
    early, late = Memory(), Memory()
    late.name = "late"
    for number, members in ((1, "ab"), (3, "abc"), (2, "a"), (4, "ad")):
        publish(settings, number, [(f"c-{member}", "mark") for member in members])
        export_audience(settings, AUDIENCE)
        deliver(settings, AUDIENCE, early)
        assert "".join(sorted(early.held)).replace("c-", "") == members
    assert [export.generation for export in audience_exports(settings, AUDIENCE)] == [1, 3, 2, 4]
    deliver(settings, AUDIENCE, late)
    assert late.held == early.held


@pytest.fixture
def receiver():
    """A loopback HTTP server: answers with the queued codes, then 200; keeps keys, tokens and rows it took."""
    taken, answers = {}, []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            code = answers.pop(0) if answers else 200
            if code == 200:
                taken[self.headers["Idempotency-Key"]] = (body, self.headers.get("Authorization"))
            self.send_response(code)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/audiences", taken, answers
    server.shutdown()
    server.server_close()


def test_http_retries_server_errors_sends_the_token_and_stops_at_a_refusal(settings, receiver, monkeypatch) -> None:
    url, taken, answers = receiver
    monkeypatch.setenv(TOKEN_VARIABLE, "secret-token")
    publish(settings, 1, [(f"c{n}", "a") for n in range(3)])
    export_audience(settings, AUDIENCE)
    answers += [503, 429]
    http = HttpDestination(url, pause_seconds=0)
    assert deliver(settings, AUDIENCE, http, batch_rows=2).sent == 2
    assert sorted(row["entity_id"] for body, _ in taken.values() for row in body["rows"]) == ["c0", "c1", "c2"]
    assert {token for _, token in taken.values()} == {"Bearer secret-token"}
    publish(settings, 2, [("c9", "a")])
    export_audience(settings, AUDIENCE)
    answers += [403]
    with pytest.raises(EnvironmentProblemError, match=r"batch 1 of 2 .* HTTP 403") as refused:
        deliver(settings, AUDIENCE, http, batch_rows=2)
    assert "secret-token" not in f"{refused.value.message}{refused.value.remedy}"
    assert deliver(settings, AUDIENCE, http, batch_rows=2).sent == 2
    notes = "".join(path.read_text() for path in (settings.home / "exports").rglob("*.txt"))
    assert "secret-token" not in notes


@pytest.mark.parametrize("url", ["http://example.org/x", "ftp://example.org/x", "https://user:pw@example.org/x"])
def test_an_address_without_encryption_or_with_a_password_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        HttpDestination(url)
    assert "pw" not in refused.value.message


def test_the_commands_export_and_deliver_to_a_folder(settings, tmp_path) -> None:
    publish(settings, 1, [("c1", "a"), ("c2", "b")], held_out=("c2",))
    (tmp_path / "dbt_project.yml").write_text("name: toy\n")
    runner = CliRunner()

    def run(*words: str):
        return runner.invoke(app, ["--home", str(settings.home), "--project-dir", str(tmp_path), "audiences", *words])

    folder = tmp_path / "crm"
    assert run("deliver", "--to", str(folder)).exit_code == 2
    exported = run("export")
    assert exported.exit_code == 0, exported.output
    assert "at_risk" in exported.output
    assert run("deliver", "--to", str(folder)).exit_code == 0
    (file,) = folder.iterdir()
    assert [row["entity_id"] for row in json.loads(file.read_text())["rows"]] == ["c1"]
