"""Where batches of an audience go. A destination knows a batch by its key, so sending it twice is harmless."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from pydantic import BaseModel

from segmentry.errors import EnvironmentProblemError, UsageError
from segmentry.files import write_text

TOKEN_VARIABLE = "SEGMENTRY_ACTIVATION_TOKEN"  # noqa: S105 (the name of the variable, not a token)
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_TIMEOUT_SECONDS = 30
_ATTEMPTS = 4
_SERVER_ERROR = 500
_TOO_MANY = 429


class Batch(BaseModel):
    """A part of a delivery. Mode `full` replaces what the destination has, from the first batch; `changes` edits it."""

    key: str
    audience: str
    generation: int
    mode: str
    number: int
    batches: int
    rows: list[dict[str, Any]]

    def body(self) -> str:
        """The batch as JSON. The same batch gives the same text."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)


class Destination(Protocol):
    """What a destination does. `name` identifies it and can be a folder name."""

    name: str

    def send(self, batch: Batch) -> None:
        """Accept the batch or raise EnvironmentProblemError. A key that was accepted before changes nothing."""


class FolderDestination:
    """One JSON file per batch in a folder, named by its key."""

    def __init__(self, folder: Path) -> None:
        """The folder is created with the first batch."""
        self.folder = folder
        self.name = _name("folder", str(folder.absolute()))

    def send(self, batch: Batch) -> None:
        """Write the file atomically."""
        write_text(self.folder / f"{batch.audience}-{batch.key}.json", batch.body() + "\n")


class HttpDestination:
    """POST of JSON with an `Idempotency-Key`; HTTPS, or plain HTTP on this machine only.

    The bearer token comes from SEGMENTRY_ACTIVATION_TOKEN and is never shown. It retries server errors, 429 and
    broken connections with growing pauses. Other refusals end the delivery, which later resumes where it stopped.
    """

    def __init__(self, url: str, pause_seconds: float = 1.0) -> None:
        """Check the address; nothing is sent yet."""
        parts = urlsplit(url)
        if parts.username or parts.password:
            raise UsageError("the address holds a user or a password", f"Put the token into {TOKEN_VARIABLE}.")
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise UsageError(f"{parts.scheme}://{parts.hostname} is not encrypted", "Use https://.")
        self.url = url
        self.pause_seconds = pause_seconds
        self.name = _name(parts.hostname or "http", url)

    def send(self, batch: Batch) -> None:
        """Post the batch until it is accepted or refused."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": batch.key}
        if token := os.environ.get(TOKEN_VARIABLE):
            headers["Authorization"] = f"Bearer {token}"
        outcome = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(self.pause_seconds * 2 ** (attempt - 1))
            try:
                answer = requests.post(
                    self.url,
                    data=batch.body().encode(),
                    headers=headers,
                    timeout=_TIMEOUT_SECONDS,
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                outcome = type(error).__name__
                continue
            if answer.ok and not answer.is_redirect:
                return
            outcome = f"HTTP {answer.status_code}"
            if answer.status_code < _SERVER_ERROR and answer.status_code != _TOO_MANY:
                break
        raise EnvironmentProblemError(
            f"batch {batch.number} of {batch.batches} of audience {batch.audience} was not accepted: {outcome}",
            "Fix the destination, then run the same command again: it resumes with this batch.",
        )


def destination(address: str) -> Destination:
    """`https://...` is an HTTP destination, anything else a folder."""
    return HttpDestination(address) if "://" in address else FolderDestination(Path(address).expanduser())


def _name(kind: str, address: str) -> str:
    return f"{kind}-{hashlib.sha256(address.encode()).hexdigest()[:12]}"
