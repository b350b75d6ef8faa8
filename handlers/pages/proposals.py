"""/p/proposals/12: a proposal whole, with what has become of it, for whoever may see it."""

from typing import Any

from aiohttp import web
from sqlmodel import Session, col, select

from bot.wecom.oauth import login_redirect, viewer
from handlers.attached import names_of
from handlers.cards.told import minute
from handlers.pages.seen import MISSING, STRANGER, Seen, seen, shows
from handlers.pages.together import drafting
from handlers.versions import changes
from models import access
from models.attachment import attachments_of
from models.collective import author, has_a_hand
from models.handling import Assignment, Communication, Rating
from models.joint import has_signed, seconders, signatures_of, signers, versions_of
from models.label import labels_of
from models.messages import Wait
from models.people import Person, Unit
from models.proposal import Proposal
from models.states import RESULTS, Handling, Sign, Talk
from models.step import assignments_of, reply_of, talks_of
from models.store import Store
from models.topic import topic_of


def add_proposals(app: web.Application, store: Store) -> None:
    """Open the page."""

    async def page(request: web.Request) -> web.Response:
        userid = await viewer(request)
        if userid is None:
            login_redirect(request)
        number = int(request.match_info["number"])
        return shows(request, "proposal.html", await seen(store, lambda session: look(session, userid, number)))

    app.router.add_get(r"/p/proposals/{number:\d{1,9}}", page, allow_head=False)


def look(session: Session, userid: str, number: int) -> Seen:
    """The proposal for this viewer. One that is not theirs looks like one that is not there."""
    person = access.active(session, userid)
    if person is None:
        return STRANGER
    proposal = session.get(Proposal, number)
    if proposal is None or not access.may_see(session, person, proposal):
        return MISSING
    own = proposal.proposer == person.userid
    units = {h.unit for h in access.holdings(session, person.userid) if h.unit}
    proposer = session.get(Person, proposal.proposer)
    return Seen(
        200,
        {
            "p": proposal,
            "proposer": author(session, proposal),
            "head": proposer.name if proposer and proposal.organisation else "",
            "handling": [_handling(session, a, person, units) for a in assignments_of(session, proposal)],
            "own": own,
            "checks": own or access.holds_any(session, person, access.SEES_ALL),
            **_people(session, proposal, own),
            **_texts(session, person, proposal),
            "labels": labels_of(session, proposal),
            "topic": topic_of(session, proposal.id),
            "parts": drafting(session, proposal, person) if proposal.organisation else [],
            "attachments": _attached(session, proposal),
        },
    )


def _attached(session: Session, proposal: Proposal) -> list[dict[str, Any]]:
    """The attachments, each with the part it was sent for: links once they are here."""
    rows = attachments_of(session, proposal.id)
    return [
        {"id": row.id, "name": name, "here": row.state is Wait.DONE, "kilobytes": -(-row.size // 1024)}
        for row, name in zip(rows, names_of(session, rows), strict=True)
    ]


def _people(session: Session, proposal: Proposal, own: bool) -> dict[str, Any]:
    """Who stands beside the first proposer; who has not agreed is shown to nobody but the first proposer, and apart."""

    def names(*states: Sign) -> list[str]:
        places = signatures_of(session, proposal, *states)
        return [session.get_one(Person, place.person).name for place in places]

    entered_by = session.get(Person, proposal.entered_by) if proposal.entered_by else None
    return {
        "seconders": [person.name for person in seconders(session, proposal)],
        "signers": [person.name for person in signers(session, proposal)],
        "asked": names(Sign.INVITED) if own else [],
        "opinions": _opinions(session, proposal) if own else [],
        "entered_by": entered_by.name if entered_by else "",
    }


def _opinions(session: Session, proposal: Proposal) -> list[tuple[str, str, str]]:
    """What the invited have said with their word."""
    answered = signatures_of(session, proposal, Sign.SIGNED, Sign.DECLINED, Sign.LEFT)
    return [
        (session.get_one(Person, place.person).name, place.state.value, place.opinion)
        for place in answered
        if place.opinion
    ]


def _texts(session: Session, person: Person, proposal: Proposal) -> dict[str, Any]:
    """Every version with what changed, for the proposers and the office: it is no business of the units."""
    beside = person.userid == proposal.proposer or has_signed(session, proposal.id, person.userid)
    if proposal.organisation:
        beside = has_a_hand(session, proposal, person.userid)
    office = any(h.role in access.SEES_ALL for h in access.holdings(session, person.userid))
    kept = versions_of(session, proposal) if beside or office else []
    return {
        "versions": [
            {
                "v": version,
                "when": minute(version.handed_in_at),
                "changes": changes(kept[place - 1], version) if place else [],
            }
            for place, version in enumerate(kept)
        ]
        if len(kept) > 1
        else []
    }


def _handling(session: Session, a: Assignment, person: Person, units: set[str]) -> dict[str, Any]:
    """One unit's part. A draft reply is the unit's own business until it is issued; ratings are not shown to units early."""
    inside = a.unit in units
    rounds = [reply_of(session, a, n) for n in range(1, a.round + 1)]
    return {
        "unit": session.get_one(Unit, a.unit).name,
        "part": a.part.value,
        "state": a.state.value,
        "released": a.state is Handling.RELEASED,
        "due": a.due_on,
        "round": a.round,
        "talks": [_talk(talk) for talk in talks_of(session, a)],
        "replies": [r for r in rounds if r and (r.issued_at or inside)],
        "ratings": _ratings(session, a, person),
        "results": RESULTS,
    }


def _talk(talk: Communication) -> dict[str, Any]:
    return {
        "stage": talk.stage.value,
        "state": talk.state.value,
        "means": talk.means.value if talk.means else "",
        "held_on": talk.held_on,
        "minutes": talk.minutes,
        "fine": talk.state is not Talk.DISPUTED,
    }


def _ratings(session: Session, a: Assignment, person: Person) -> list[Rating]:
    """The viewer's own: nobody is to be swayed by another's (DOMAIN §10.2)."""
    own = select(Rating).where(Rating.assignment_id == a.id, Rating.person == person.userid)
    return list(session.exec(own.order_by(col(Rating.round))))
