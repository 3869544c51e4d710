"""File operations that happen completely or not at all, even after a power cut."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path


def fsync(path: Path) -> None:
    """Flush a file or folder to disk."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def put_in_place(ready: Path, target: Path) -> None:
    """Replace `target` with `ready` on the same file system in one step: readers see the old file or the new one."""
    ready.replace(target)
    fsync(target.parent)


def temporary_beside(target: Path) -> Path:
    """An unused name in the target's folder, hidden from readers that list it."""
    return target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")


def write_text(path: Path, text: str) -> None:
    """Write a small file atomically and durably."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_beside(path)
    temporary.write_text(text, encoding="utf-8")
    fsync(temporary)
    put_in_place(temporary, path)


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def quoted(path: Path) -> str:
    """A path for use between single quotes in SQL, where no parameter can stand."""
    return str(path).replace("'", "''")
