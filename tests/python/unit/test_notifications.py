"""Notices reach every channel, one that fails keeps no other from being tried, and the same files start one run."""

from __future__ import annotations

import json
import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import pytest
import toy

from orchestration.defs.automation import batch_key, waiting_files
from orchestration.defs.quality import _check_results
from orchestration.notifications import channels, notification, notify
from segmentry.errors import UsageError
from segmentry.quality.results import Suite

TOLD = notification("run_failed", "daily_build failed", "raw/events, check quality_drift: 3 rows", "run-1")


def test_a_webhook_and_a_file_get_the_notice_and_a_dead_webhook_does_no_harm(tmp_path: Path) -> None:
    got: list[dict[str, object]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = toy.settings(tmp_path / "home")
    wanted = f"http://127.0.0.1:9/dead, http://127.0.0.1:{server.server_port}/hook, file"
    notify(channels(home, {"SEGMENTRY_NOTIFY": wanted}), TOLD)
    server.shutdown()
    lines = (home.runs / "notifications.ndjson").read_text().splitlines()
    assert got == [json.loads(line) for line in lines]
    assert (got[0]["kind"], got[0]["text"], got[0]["run_id"]) == ("run_failed", TOLD.text, "run-1")


def test_a_webhook_that_answers_no_http_keeps_no_other_from_being_tried(tmp_path: Path) -> None:
    def answer() -> None:
        client, _ = server.accept()
        with client:
            client.recv(65536)
            client.sendall(b"nonsense\r\n\r\n")

    home = toy.settings(tmp_path / "home")
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer, daemon=True).start()
        wanted = f"http://127.0.0.1:{server.getsockname()[1]}/hook, file"
        notify(channels(home, {"SEGMENTRY_NOTIFY": wanted}), TOLD)
    assert (home.runs / "notifications.ndjson").is_file()


def test_an_unknown_channel_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no channel 'pigeon'"):
        channels(toy.settings(tmp_path / "home"), {"SEGMENTRY_NOTIFY": "log,pigeon"})


def test_a_set_of_files_has_one_key_until_one_of_them_changes(tmp_path: Path) -> None:
    folder = tmp_path / "inbox" / "events"
    (folder / "landed").mkdir(parents=True)
    for name in ("a.csv", "b.csv", "c.csv.part", ".hidden", "a.csv.manifest.json", "landed/old.csv"):
        (folder / name).write_text("x")
    waiting = waiting_files(tmp_path / "inbox", {"events": None})  # type: ignore[dict-item]
    assert [path.name for path in waiting] == ["a.csv", "b.csv"]
    key = batch_key(waiting)
    assert batch_key(waiting_files(tmp_path / "inbox", {"events": None})) == key  # type: ignore[dict-item]
    (folder / "a.csv").write_text("xy")
    assert batch_key(waiting_files(tmp_path / "inbox", {"events": None})) != key  # type: ignore[dict-item]


@pytest.mark.parametrize("looks", [0, 1])
def test_a_file_that_is_taken_away_while_the_sensor_looks_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    """It goes before, or just after it was looked at; either way the sensor must not fail."""
    folder = tmp_path / "inbox" / "events"
    folder.mkdir(parents=True)
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text("x")
    real, seen = Path.stat, 0

    def taken_away(self: Path, **options: bool) -> os.stat_result:
        nonlocal seen
        if self.name != "a.csv":
            return real(self, **options)
        if seen == looks:
            self.unlink(missing_ok=True)
        seen += 1
        return real(self, **options)

    monkeypatch.setattr(Path, "stat", taken_away)
    waiting = waiting_files(tmp_path / "inbox", {"events": None})  # type: ignore[dict-item]
    assert len(batch_key(waiting)) == 64
    assert [path.name for path in waiting] == ["a.csv", "b.csv"][1 - looks :]


def test_a_check_tells_no_new_files_from_files_without_a_measure() -> None:
    key = dg.AssetKey(["raw", "events"])
    selected = {dg.AssetCheckKey(key, "quality_drift")}
    for suites, told in (
        ([], "nothing new"),
        ([Suite(asset="events", subject="a.csv")], "nothing to compare with yet"),
    ):
        (result,) = _check_results(key, suites, selected)
        assert (result.passed, result.description) == (True, told)
