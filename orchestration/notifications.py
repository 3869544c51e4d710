"""Notifications of failed runs and late data: as a log line, a line in a file, a POST to a webhook, or all of them.

A notification says which check, which asset and how many rows. It contains no values of the data.
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


class Notification(BaseModel):
    """What happened. `kind` is `run_failed`, `late` or `in_time`; `at` is UTC."""

    kind: str
    subject: str
    text: str
    run_id: str | None = None
    at: datetime


Channel = Callable[[Notification], None]


def channels(settings: Settings, env: Mapping[str, str] | None = None) -> list[Channel]:
    """The channels of SEGMENTRY_NOTIFY, a list of `log`, `file` and webhook addresses. Raises UsageError.

    `file` appends a line of JSON to `runs/notifications.ndjson`. Default: log and file.
    """
    wanted = ((os.environ if env is None else env).get("SEGMENTRY_NOTIFY") or "log,file").split(",")
    return [_channel(name.strip(), settings) for name in wanted if name.strip()]


def notify(targets: Sequence[Channel], notification: Notification) -> None:
    """Send a notification through every channel. A channel that fails is logged, and the others are still tried."""
    for channel in targets:
        try:
            channel(notification)
        except (OSError, http.client.HTTPException) as error:
            _LOG.warning("a notification could not be sent: %s", type(error).__name__)


def notification(kind: str, subject: str, text: str, run_id: str | None = None) -> Notification:
    """A notification with the current time."""
    return Notification(kind=kind, subject=subject, text=text, run_id=run_id, at=datetime.now(UTC))


def _channel(name: str, settings: Settings) -> Channel:
    if name == "log":
        return lambda notification: _LOG.error("%s: %s\n%s", notification.kind, notification.subject, notification.text)
    if name == "file":
        return lambda notification: _append(settings.runs / "notifications.ndjson", notification)
    if name.startswith(("http://", "https://")):
        return lambda notification: _post(name, notification)
    raise UsageError(
        f"SEGMENTRY_NOTIFY: no channel '{name}'", "Use log, file, or an http address, separated by commas."
    )


def _append(path: Path, notification: Notification) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(notification.model_dump_json() + "\n")


def _post(address: str, notification: Notification) -> None:
    body = json.dumps(notification.model_dump(mode="json")).encode()
    request = urllib.request.Request(  # noqa: S310 (only http and https get here)
        address, data=body, headers={"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310
        pass
