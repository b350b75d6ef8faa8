"""Pages of what is said and done in the chat: the same words, the same buttons, and a turn that only looks."""

from collections.abc import Callable
from typing import Any

from aiohttp import web
from sqlmodel import Session

from bot.acting import ACTING
from bot.turn import Turn
from bot.wecom.messages import Card, Say, Words
from bot.wecom.oauth import form_token, login_redirect, viewer
from bot.wecom.words import linked
from handlers.pages.seen import STRANGER, Seen, seen, shows
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
    return rendered(
        request, template, userid, await seen(store, lambda session: _looked(request, session, userid, look))
    )


def rendered(request: web.Request, template: str, userid: str, found: Seen) -> web.Response:
    """The page, or why it cannot be shown."""
    return shows(request, template, found, token=form_token(request, userid))


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
    if not isinstance(say, Card):
        assert isinstance(say, Words)
        return {"lines": lines_of(turn, say.text)}
    return {
        "title": say.title,
        "lines": lines_of(turn, say.text),
        "facts": say.facts,
        "buttons": [button for button in say.buttons if button.key],
        "selects": say.selects,
        "submit": say.submit,
        "page": _page(turn, say.link),
        "link_text": say.link_text or "查看全文",
    }


def lines_of(turn: Turn, text: str) -> list[list[tuple[str, str]]]:
    """The lines of a text that are not empty, in pieces, each with the page of ours it leads to, "" for none."""
    lines = [line for line in text.split("\n") if line.strip()]
    return [[(words, _page(turn, url)) for words, url in linked(line)] for line in lines]


def _page(turn: Turn, url: str) -> str:
    """What follows /p/ in an address of ours."""
    own = turn.url("p/")
    return url.removeprefix(own) if url.startswith(own) else ""
