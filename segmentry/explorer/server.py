"""The web server of the explorer: pages, their data, CSV, and static files. It writes nothing."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from segmentry.errors import SegmentryError
from segmentry.explorer.answers import Explorer, Role
from segmentry.explorer.pages import Page

_HERE = Path(__file__).parent
_LOG = logging.getLogger("segmentry.explorer")
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self';"
        " font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def application(explorer: Explorer, hosts: tuple[str, ...] = LOOPBACK, role_header: str | None = None) -> Starlette:
    """The application. With `role_header` a reader without the value `persons` in it sees aggregates only."""
    site = _Site(explorer, role_header)
    return Starlette(
        routes=[
            Route("/", site.home),
            Route("/p/{page}", site.page),
            Route("/data/{page}", site.data),
            Route("/csv/{page}/{tile}", site.csv),
            Route("/generation", site.generation),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ],
        middleware=[
            Middleware(BaseHTTPMiddleware, dispatch=site.logged),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts)),
            Middleware(GZipMiddleware, minimum_size=2000, compresslevel=4),
        ],
        exception_handlers={SegmentryError: site.unavailable, HTTPException: site.refused},
    )


class _Site:
    def __init__(self, explorer: Explorer, role_header: str | None) -> None:
        self._explorer = explorer
        self._role_header = role_header
        templates = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=select_autoescape())
        self._template = templates.get_template("page.html")
        self._version = _fingerprint(_HERE / "static")

    async def home(self, request: Request) -> Response:
        return RedirectResponse(f"/p/{next(iter(self._explorer.pages))}")

    async def page(self, request: Request) -> Response:
        page = self._page_of(request)
        return await run_in_threadpool(self._html, request, page)

    async def data(self, request: Request) -> Response:
        page = self._page_of(request)
        answer = await run_in_threadpool(self._explorer.page, page, dict(request.query_params), self._role(request))
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    async def csv(self, request: Request) -> Response:
        page = self._page_of(request)
        tile = next((t for t in page.tiles if t.id == request.path_params["tile"]), None)
        if tile is None:
            raise HTTPException(404, "No such chart.")
        role = self._role(request)
        if tile.privacy == "persons" and role == "aggregates":
            raise HTTPException(403, "This list names customers. Your role sees groups only.")
        number, text = await run_in_threadpool(self._explorer.csv, page, tile, dict(request.query_params), role)
        name = f"{page.id}_{tile.id}_generation_{number}.csv"
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    async def generation(self, request: Request) -> Response:
        snapshot = await run_in_threadpool(self._explorer.marts.current)
        return JSONResponse({"generation": snapshot.generation.number}, headers={"cache-control": "no-store"})

    async def unavailable(self, request: Request, error: Exception) -> Response:
        remedy = getattr(error, "remedy", "")
        return self._message(request, 503, "No marts to show", f"{error}. {remedy}")

    async def refused(self, request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 500)
        return self._message(request, status, "Not found" if status == 404 else "Refused", getattr(error, "detail", ""))

    async def logged(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        """Log the path without its query, which may name a customer; set the headers that every answer carries."""
        started = time.perf_counter()
        response = await call_next(request)
        for name, value in _HEADERS.items():
            response.headers[name] = value
        if request.url.path.startswith("/static/"):
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
        spent = (time.perf_counter() - started) * 1000
        _LOG.info("%s %s %s %.0f ms", request.method, _safe(request.url.path), response.status_code, spent)
        return response

    def _html(self, request: Request, page: Page) -> Response:
        answer = self._explorer.page(page, dict(request.query_params), self._role(request))
        # "<" is escaped, so that no text of the data can end the script element
        payload = Markup(json.dumps(answer, separators=(",", ":")).replace("<", "\\u003c"))  # noqa: S704
        return self._rendered(page=page, payload=payload)

    def _rendered(self, status: int = 200, **values: Any) -> Response:
        html = self._template.render(groups=self._groups(), version=self._version, **values)
        return Response(html, status, media_type="text/html; charset=utf-8", headers={"cache-control": "no-store"})

    def _message(self, request: Request, status: int, title: str, text: str) -> Response:
        if request.url.path.startswith(("/data/", "/generation", "/csv/")):
            return JSONResponse({"error": text}, status)
        return self._rendered(status, page=None, payload="", title=title, text=text)

    def _groups(self) -> dict[str, list[Page]]:
        groups: dict[str, list[Page]] = {}
        for page in self._explorer.pages.values():
            groups.setdefault(page.group, []).append(page)
        return groups

    def _page_of(self, request: Request) -> Page:
        page = self._explorer.pages.get(request.path_params["page"])
        if page is None:
            raise HTTPException(404, "There is no such page.")
        return page

    def _role(self, request: Request) -> Role:
        if self._role_header is None:
            return "persons"
        return "persons" if request.headers.get(self._role_header) == "persons" else "aggregates"


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _safe(path: str) -> str:
    """The path on one line; what a caller invents ends no line of the log."""
    return path.encode("ascii", "backslashreplace").decode().replace("\n", "\\n").replace("\r", "\\r")[:200]
