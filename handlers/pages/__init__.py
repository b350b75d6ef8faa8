"""H5 pages inside the WeCom client: read, write, co-sign, do what awaits one. Only relative addresses; no GET changes anything."""

from pathlib import Path

import aiohttp_jinja2
import jinja2
from aiohttp import web

from handlers.pages.attachments import add_attachments
from handlers.pages.collective import add_collective
from handlers.pages.cosign import add_cosign
from handlers.pages.drafts import add_drafts
from handlers.pages.files import add_files
from handlers.pages.messages import add_messages
from handlers.pages.proposals import add_proposals
from handlers.pages.similar import add_similar
from handlers.pages.todo import add_todo
from models.store import Store

HERE = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def add_pages(app: web.Application, store: Store) -> None:
    """Open every page below /p/."""
    aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True)
    add_proposals(app, store)
    add_similar(app, store)
    add_attachments(app, store)
    add_collective(app, store)
    add_drafts(app, store)
    add_files(app, store)
    add_cosign(app, store)
    add_todo(app, store)
    add_messages(app, store)
    app.router.add_get("/p/", _front, allow_head=False)
    app.router.add_static("/p/static", HERE / "static")
    app.on_response_prepare.append(_guarded)


async def _front(request: web.Request) -> web.Response:
    return aiohttp_jinja2.render_template("front.html", request, {})


async def _guarded(request: web.Request, response: web.StreamResponse) -> None:
    if request.path.startswith("/p/"):
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
    if request.path.startswith("/p/static/") and response.status in {200, 304}:
        response.headers["Cache-Control"] = "no-cache"  # kept, and asked for: an upgrade must not meet old styles
