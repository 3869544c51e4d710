"""Who hears of a failed run or of data that is late: a log line, a line in a file, a POST to a webhook, or all of them.

A notice says which check, which asset and how many rows, and holds no value of the data.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel

from segmentry.config import Settings
from segmentry.errors import UsageError

_LOG = logging.getLogger("orchestration.notifications")
_TIMEOUT_SECONDS = 10


class Notice(BaseModel):
    """What happened. `kind` is `run_failed`, `late` or `in_time`; `at` is UTC."""

    kind: str
    subject: str
    text: str
    run_id: str | None = None
    at: datetime


Channel = Callable[[Notice], None]


def channels(settings: Settings, env: Mapping[str, str] | None = None) -> list[Channel]:
    """The channels of SEGMENTRY_NOTIFY, a list of `log`, `file` and webhook addresses. Raises UsageError.

    `file` appends a line of JSON to `runs/notifications.ndjson`. Default: log and file.
    """
    wanted = ((os.environ if env is None else env).get("SEGMENTRY_NOTIFY") or "log,file").split(",")
    return [_channel(name.strip(), settings) for name in wanted if name.strip()]


def notify(targets: Sequence[Channel], notice: Notice) -> None:
    """Send a notice through every channel; one that fails is logged and keeps no other from being tried."""
    for channel in targets:
        try:
            channel(notice)
        except (OSError, http.client.HTTPException) as error:
            _LOG.warning("a notice could not be sent: %s", type(error).__name__)


def notice(kind: str, subject: str, text: str, run_id: str | None = None) -> Notice:
    """A notice of this moment."""
    return Notice(kind=kind, subject=subject, text=text, run_id=run_id, at=datetime.now(UTC))


def _channel(name: str, settings: Settings) -> Channel:
    if name == "log":
        return lambda notice: _LOG.error("%s: %s\n%s", notice.kind, notice.subject, notice.text)
    if name == "file":
        return lambda notice: _append(settings.runs / "notifications.ndjson", notice)
    if name.startswith(("http://", "https://")):
        return lambda notice: _post(name, notice)
    raise UsageError(
        f"SEGMENTRY_NOTIFY: no channel '{name}'", "Use log, file, or an http address, separated by commas."
    )


def _append(path: Path, notice: Notice) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(notice.model_dump_json() + "\n")


def _post(address: str, notice: Notice) -> None:
    body = json.dumps(notice.model_dump(mode="json")).encode()
    request = urllib.request.Request(  # noqa: S310 (only http and https get here)
        address, data=body, headers={"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310
        pass
