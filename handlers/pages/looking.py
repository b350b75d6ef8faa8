"""Pages of what is said and done in the chat: the same words, the same buttons, and a turn that only looks."""

from collections.abc import Callable
from typing import Any

import aiohttp_jinja2
from aiohttp import web
from sqlmodel import Session

from bot.acting import ACTING
from bot.turn import Turn
from bot.wecom.messages import Card, Say, Words, flat
from bot.wecom.oauth import form_token, login_redirect, viewer
from bot.wecom.words import links
from handlers.pages.proposals import STRANGER, Seen
from models import access
from models.errors import Refused
from models.people import Person
from models.store import Store

Look = Callable[[Turn], Seen]


async def looks(request: web.Request, store: Store, template: str, look: Look) -> web.Response:
    """Show somebody who has logged in what this look finds; nothing of it is written down."""
    userid = await viewer(request)
    if userid is None:
        login_redirect(request)
    seen = await store.read(lambda session: _looked(request, session, userid, look))
    return rendered(request, template, userid, seen)


def rendered(request: web.Request, template: str, userid: str, seen: Seen) -> web.Response:
    """The page, or why it cannot be shown."""
    name = template if seen.status == 200 else "sorry.html"
    up = "../" * request.path.removeprefix("/p/").count("/") or "./"
    values = {"up": up, "token": form_token(request, userid), **seen.values}
    return aiohttp_jinja2.render_template(name, request, values, status=seen.status)


def _looked(request: web.Request, session: Session, userid: str, look: Look) -> Seen:
    """A turn that only looks: nothing of it is written down. On a page everybody sees cards."""
    person = access.active(session, userid)
    if person is None:
        return STRANGER
    reader = Person(**(person.model_dump() | {"plain": False}))
    try:
        return look(request.app[ACTING].turn(session, "page", reader))
    except Refused as refused:
        return Seen(404, {"title": "暂时不能打开", "words": refused.words})


def as_told(turn: Turn, say: Say) -> dict[str, Any]:
    """Something said, as a page has it: the same words, the same buttons, the same selectors."""
    own = turn.url("p/")
    if not isinstance(say, Card):
        assert isinstance(say, Words)
        page, name = next(
            ((url, name) for url, name in links(say.text) if url.startswith((f"{own}proposals/", f"{own}todo/"))),
            ("", ""),
        )
        return {
            "title": "",
            "text": flat(say.text),
            "facts": (),
            "buttons": (),
            "selects": (),
            "submit": None,
            "page": page.removeprefix(own),
            "link_text": name,
        }
    return {
        "title": say.title,
        "text": flat(say.text),
        "facts": say.facts,
        "buttons": [button for button in say.buttons if button.key],
        "selects": say.selects,
        "submit": say.submit,
        "page": say.link.removeprefix(own) if say.link.startswith(f"{own}proposals/") else "",
        "link_text": say.link_text or "查看全文",
    }
