"""The agent's page: static files, nothing from elsewhere."""

from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


async def show_desktop(request: web.Request) -> web.FileResponse:
    return web.FileResponse(
        STATIC / "desktop.html",
        headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"},
    )


async def redirect_to_desktop(request: web.Request) -> web.Response:
    raise web.HTTPFound("/desktop/")


def desktop_routes() -> list[web.AbstractRouteDef]:
    return [
        web.get("/", redirect_to_desktop),
        web.get("/desktop", redirect_to_desktop),
        web.get("/desktop/", show_desktop),
        web.static("/desktop/static", STATIC),
    ]
