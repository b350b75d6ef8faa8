"""/p/proposals/12/similar: what is near to a proposal, with the sentences they share; …/similar/3: both side by side."""

from collections.abc import Callable
from typing import Any

from aiohttp import web
from sqlmodel import Session

from bot.app import RULES
from bot.wecom.oauth import login_redirect, viewer
from handlers.cards.similar import outcome, replies_to
from handlers.pages.seen import MISSING, STRANGER, Seen, seen, shows
from models import access, similar
from models.people import Person
from models.proposal import Proposal
from models.rules import Rules
from models.similar import Near
from models.store import Store

Look = Callable[[Session, str, web.Request], Seen]


def add_similar(app: web.Application, store: Store) -> None:
    """Open both pages."""

    def page(template: str, look: Look) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.Response:
            userid = await viewer(request)
            if userid is None:
                login_redirect(request)
            return shows(request, template, await seen(store, lambda session: look(session, userid, request)))

        return answer

    near, pair = page("similar.html", _near), page("compared.html", _pair)
    app.router.add_get(r"/p/proposals/{number:\d{1,9}}/similar", near, allow_head=False)
    app.router.add_get(r"/p/proposals/{number:\d{1,9}}/similar/{other:\d{1,9}}", pair, allow_head=False)


def _near(session: Session, userid: str, request: web.Request) -> Seen:
    return look(session, userid, int(request.match_info["number"]), request.app[RULES])


def _pair(session: Session, userid: str, request: web.Request) -> Seen:
    return compare(session, userid, int(request.match_info["number"]), int(request.match_info["other"]))


def look(session: Session, userid: str, number: int, rules: Rules) -> Seen:
    """What is near to a proposal that this viewer may see; of what they may not read, only what everybody may know."""
    person = access.active(session, userid)
    if person is None:
        return STRANGER
    proposal = session.get(Proposal, number)
    if proposal is None or not access.may_see(session, person, proposal):
        return MISSING
    return Seen(200, {"p": proposal, "nears": nears_of(session, person, proposal, rules)})


def nears_of(session: Session, person: Person, proposal: Proposal, rules: Rules) -> list[dict[str, Any]]:
    """Each with its line and, for who may read it, the sentences that both have."""
    found = similar.by_text(session, similar.words_of(proposal), person, rules)
    return [_told(session, proposal, near) for near in found]


def _told(session: Session, mine: Proposal, near: Near) -> dict[str, Any]:
    p = near.proposal
    theirs = similar.words_of(p)
    return {
        "id": p.id,
        "title": p.title,
        "number": p.number,
        "outcome": outcome(session, p),
        "percent": near.percent,
        "whole": near.whole,
        "shared": similar.shared_sentences(mine, theirs) if near.whole else [],
        "replies": replies_to(session, p) if near.whole else [],
    }


def compare(session: Session, userid: str, number: int, other: int) -> Seen:
    """Two proposals side by side, for who may read both."""
    person = access.active(session, userid)
    if person is None:
        return STRANGER
    both = [session.get(Proposal, key) for key in (number, other)]
    one, two = both
    if one is None or two is None or not all(p and access.may_see(session, person, p) for p in both):
        return MISSING
    words = similar.words_of(one), similar.words_of(two)
    return Seen(
        200,
        {
            "percent": similar.percent_in(*words),
            "texts": [_text(session, one, words[1]), _text(session, two, words[0])],
        },
    )


def _text(session: Session, p: Proposal, other: similar.Wording) -> dict[str, Any]:
    return {
        "p": p,
        "outcome": outcome(session, p),
        "analysis": [similar.marked(line, other) for line in p.analysis.split("\n") if line.strip()],
        "suggestions": [similar.marked(item, other) for item in p.suggestions],
    }
