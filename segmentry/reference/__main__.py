"""Write the reference pages, or check them: `python -m segmentry.reference [--check]`."""

from __future__ import annotations

import sys

from segmentry.reference.pages import FOLDER, pages


def main(arguments: list[str]) -> int:
    """Write every page; with --check, list the pages that are out of date and exit with 1."""
    written = pages()
    stale = [name for name, text in written.items() if _current(name) != text]
    unknown = sorted(set(_generated_today()) - set(written))
    if arguments == ["--check"]:
        for name in [*stale, *unknown]:
            print(f"docs/reference/{name} is out of date. Run `python -m segmentry.reference`.")
        return 1 if stale or unknown else 0
    if arguments:
        print("Usage: python -m segmentry.reference [--check]", file=sys.stderr)
        return 2
    for name in stale:
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written[name], encoding="utf-8")
    for name in unknown:
        (FOLDER / name).unlink()
    return 0


def _current(name: str) -> str | None:
    path = FOLDER / name
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _generated_today() -> list[str]:
    return [f"marts/{path.name}" for path in (FOLDER / "marts").glob("*.md")]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
