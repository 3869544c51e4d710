"""Hook of MkDocs: pages that live outside docs/, and links that lead there.

CHANGELOG.md and CONTRIBUTING.md stand at the root of the repository, and dbt writes its own docs. All three become
pages of the site. A link to any other file of the repository shows its path, since a site has no such page.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
ROOT_PAGES = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
DBT_DOCS = ROOT / "target" / "docs" / "static_index.html"
NO_DBT_DOCS = "<!doctype html><title>dbt docs</title><p>Run <code>make docs-build</code> to generate the dbt docs.</p>"
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?://|mailto:|#)([^)#\s]*)(#[^)\s]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are written elsewhere."""
    for source, name in ROOT_PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, name, content=_LINK.sub(_from_root, text)))
    dbt = DBT_DOCS.read_text(encoding="utf-8") if DBT_DOCS.is_file() else NO_DBT_DOCS
    files.append(File.generated(config, "dbt/index.html", content=dbt))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Lead links out of docs/ to the page that the site has, or show the path."""
    folder = posixpath.dirname(page.file.src_uri)

    def inside(match: re.Match[str]) -> str:
        words, address, anchor = match[1], match[2], match[3] or ""
        target = posixpath.normpath(posixpath.join("docs", folder, address))
        if target.startswith("docs/"):
            return match[0]
        if target in ROOT_PAGES:
            return f"[{words}]({posixpath.relpath(ROOT_PAGES[target], folder or '.')}{anchor})"
        return words if words.strip("`") == target else f"{words} (`{target}`)"

    return _LINK.sub(inside, markdown)


def _from_root(match: re.Match[str]) -> str:
    """A link of a page at the root, as seen from docs/."""
    words, address, anchor = match[1], match[2], match[3] or ""
    return f"[{words}]({posixpath.relpath(address, 'docs')}{anchor})"
