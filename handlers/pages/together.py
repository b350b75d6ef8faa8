"""How a collective proposal was written, for whoever has a hand in it: each part's versions with what changed, the remarks."""

from typing import Any

from sqlmodel import Session

from handlers.cards.told import minute
from handlers.versions import pieces_between
from models import collective
from models.collective import Section
from models.people import Person
from models.proposal import Proposal


def drafting(session: Session, proposal: Proposal, person: Person) -> list[dict[str, Any]]:
    """Every part with its history; nothing for others: a draft is its writers' own business."""
    if not collective.has_a_hand(session, proposal, person.userid):
        return []
    return [_part(session, section) for section in collective.sections_of(session, proposal)]


def _part(session: Session, section: Section) -> dict[str, Any]:
    versions, before = [], ""
    for revision in collective.revisions_of(session, section):
        versions.append(
            {
                "name": "另存的一稿" if revision.apart else f"第{revision.stamp}版",
                "by": _name(session, revision.person),
                "when": minute(revision.at),
                "pieces": pieces_between("" if revision.apart else before, revision.text),
            }
        )
        before = before if revision.apart else revision.text
    remarks = [
        {"by": _name(session, remark.person), "when": minute(remark.at), "text": remark.text}
        for remark in collective.remarks_of(session, section)
    ]
    writer = _name(session, section.writer) if section.writer else ""
    return {"name": collective.label(session, section), "writer": writer, "versions": versions, "remarks": remarks}


def _name(session: Session, userid: str) -> str:
    person = session.get(Person, userid)
    return person.name if person else userid
