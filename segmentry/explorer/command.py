"""The command `segmentry explore`."""

from __future__ import annotations

import importlib.util
import logging
from typing import Annotated

import typer

from segmentry.config import Settings, project_vars
from segmentry.errors import EnvironmentProblemError


def explore(
    ctx: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8050,
    host: Annotated[
        str, typer.Option(help="The address to listen on; the default is this machine only.")
    ] = "127.0.0.1",
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A host name that browsers use, behind a proxy. May be repeated.")
    ] = None,
    role_header: Annotated[
        str | None,
        typer.Option(help="The header in which a proxy names the role: `persons`, anything else sees groups only."),
    ] = None,
) -> None:
    """Open the published marts as web pages. Follows each publish; stop it with Ctrl-C.

    `segmentry explore` · http://127.0.0.1:8050
    """
    if importlib.util.find_spec("starlette") is None or importlib.util.find_spec("uvicorn") is None:
        raise EnvironmentProblemError("the explorer is not installed", "Install the extra: segmentry[explorer].")
    import uvicorn  # noqa: PLC0415 (an extra, and no other command needs it)

    from segmentry.explorer.answers import Explorer  # noqa: PLC0415
    from segmentry.explorer.marts import Marts  # noqa: PLC0415
    from segmentry.explorer.pages import load_pages  # noqa: PLC0415
    from segmentry.explorer.server import LOOPBACK, application  # noqa: PLC0415

    settings: Settings = ctx.obj
    marts = Marts(settings.published)
    marts.current()
    pages = load_pages(settings.project_dir / "explorer" / "pages")
    floor = int(project_vars(settings.project_dir)["small_n_floor"])
    hosts = (*LOOPBACK, *(allow_host or []))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    typer.echo(f"The explorer is at http://{host}:{port}/ (Ctrl-C stops it)")
    uvicorn.run(
        application(Explorer(pages, marts, floor), hosts, role_header),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
    )
