"""Checks before the rows of a file are read: a regular file, a safe name, a known format, complete bytes."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import stat
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

from segmentry.landing.reasons import RefusedFileError

MANIFEST_ENDING = ".manifest.json"
_CHUNK_BYTES = 1 << 20
# Letters and digits of any script, and no mark that a glob or a shell reads.
_NAME = re.compile(r"\w[\w .()+=@,-]{0,199}")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

Format = Literal["csv", "ndjson", "parquet"]


@dataclass(frozen=True)
class Manifest:
    """The sender's manifest of a file: its number of records and its sha256 in hex."""

    records: int
    sha256: str


@dataclass(frozen=True)
class Incoming:
    """A file that was admitted. ``identity`` changes when the file is written to; ``batch_id`` is its sha256."""

    path: Path
    format: Format
    is_gzip: bool
    batch_id: str
    file_bytes: int
    identity: tuple[int, int, int]
    manifest: Manifest | None

    def open_text(self) -> io.TextIOWrapper:
        """The file's text. A byte that is not UTF-8 becomes a lone surrogate, so that only its row is rejected."""
        newline = "" if self.format == "csv" else "\n"
        return io.TextIOWrapper(_open(self), encoding="utf-8-sig", errors="surrogateescape", newline=newline)


def identity_of(path: Path) -> tuple[int, int, int]:
    """Inode, size and modification time of a file, without following a link."""
    status = path.lstat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def check_kind(path: Path) -> None:
    """Refuse links, anything but regular files, and unsafe names."""
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        raise RefusedFileError("symlink")
    if not stat.S_ISREG(mode):
        raise RefusedFileError("not_a_regular_file")
    if not _NAME.fullmatch(path.name):
        raise RefusedFileError("odd_file_name")


def admit(path: Path, batch_id: str) -> Incoming:
    """Check the bytes of a regular file and read its manifest. Raises RefusedFileError."""
    format_, is_gzip = _format_of(path.name)
    identity = identity_of(path)
    incoming = Incoming(path, format_, is_gzip, batch_id, identity[1], identity, _manifest_of(path))
    if incoming.manifest and incoming.manifest.sha256 != batch_id:
        raise RefusedFileError("manifest_disagrees")
    if incoming.file_bytes == 0:
        raise RefusedFileError("empty_file")
    if format_ != "parquet":
        _check_text(incoming)
    return incoming


def _format_of(name: str) -> tuple[Format, bool]:
    endings = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}
    lower = name.lower()
    is_gzip = lower.endswith(".gz")
    ending = os.path.splitext(lower.removesuffix(".gz"))[1]  # noqa: PTH122  (a name, not a path)
    if ending == ".parquet" and not is_gzip:
        return "parquet", False
    if ending not in endings:
        raise RefusedFileError("unknown_format")
    return endings[ending], is_gzip  # type: ignore[return-value]


def _manifest_of(path: Path) -> Manifest | None:
    manifest_path = path.with_name(path.name + MANIFEST_ENDING)
    if not os.path.lexists(manifest_path):
        return None
    try:
        check_kind(manifest_path)
        content = json.loads(manifest_path.read_text(encoding="utf-8"))
        records, sha256 = content["records"], content["sha256"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError, RefusedFileError):
        raise RefusedFileError("bad_manifest") from None
    if type(records) is not int or not isinstance(sha256, str):
        raise RefusedFileError("bad_manifest")
    return Manifest(records, sha256.lower())


def _open(incoming: Incoming) -> BinaryIO:
    """The file's bytes, unpacked."""
    return cast(BinaryIO, gzip.open(incoming.path)) if incoming.is_gzip else incoming.path.open("rb")


def _check_text(incoming: Incoming) -> None:
    """Read all bytes once: a complete gzip with the right CRC (which DuckDB does not check), no NUL, not UTF-16."""
    head, is_blank = b"", True
    try:
        with _open(incoming) as file:
            while chunk := file.read(_CHUNK_BYTES):
                head = head or chunk[:3]
                if b"\0" in chunk or head.startswith(_UTF16_MARKS):
                    raise RefusedFileError("not_text")
                is_blank = is_blank and not chunk.removeprefix(b"\xef\xbb\xbf").strip()
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise RefusedFileError("corrupt_gzip") from None
    if is_blank:
        raise RefusedFileError("empty_file")
