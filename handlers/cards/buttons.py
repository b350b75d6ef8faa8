"""Typed payloads of our buttons, and which of them a reader gets: the table says so."""

from dataclasses import dataclass

from sqlmodel import Session

from bot.payload import Payload
from bot.wecom.messages import Button
from models import access
from models.handling import Assignment
from models.joint import signatures_of
from models.lifecycle import NAMES, Kind, moves_from
from models.people import Person
from models.proposal import Proposal
from models.states import Event, Handling, Sign, State
from models.step import Row, owed_stages

KINDS: dict[str, Kind] = {name: kind for kind, name in NAMES.items()}
_STYLES = {
    Event.RETURN: 2, Event.SEND_BACK: 2, Event.OBJECT: 2, Event.DISPUTE: 2, Event.WAIVE: 2, Event.MERGE: 2, Event.REJECT: 3,
    Event.DECLINE: 2, Event.INVITE: 2, Event.EXTEND: 2, Event.CALL_OFF: 2, Event.DISOWN: 2, Event.REFUSE: 2, Event.DENY: 2,
    Event.TAKE_BACK: 2, Event.DROP: 2, Event.LABEL: 2,
}  # fmt: skip


@dataclass(frozen=True)
class Do(Payload, tag="do"):
    """Make a move. The stamp tells yesterday's card from today's."""

    kind: str
    id: int
    event: str
    stamp: int


@dataclass(frozen=True)
class Show(Payload, tag="show"):
    """Show where something stands, with the buttons one has there."""

    kind: str
    id: int


@dataclass(frozen=True)
class Rate(Payload, tag="rate"):
    """The rating card was submitted; its answers come beside it."""

    assignment: int
    stamp: int


def row_named(session: Session, kind: str, number: int) -> Row | None:
    """The row that a payload or an address names, if there is one."""
    found = session.get(KINDS[kind], number) if kind in KINDS else None
    return found if isinstance(found, Row) else None


def subject(row: Row) -> str:
    """What a card is about, as kept in the outbox: kind, id, stamp."""
    return f"{NAMES[type(row)]}:{row.id}:{row.stamp}"


def do(row: Row, event: Event) -> Do:
    """The payload of a move of this row as it stands."""
    return Do(NAMES[type(row)], row.id or 0, event.name, row.stamp)


def buttons_for(session: Session, row: Row, reader: Person) -> tuple[Button, ...]:
    """One button for each move that the table offers this reader here."""
    events = [m.does for m in moves_from(row) if m.offered(row) and access.holds(session, reader, m.who, row)]
    if isinstance(row, Proposal) and row.state is State.COSIGNING:
        events = [e for e in events if e not in _pointless(session, row)]
    later = _not_yet(session, row)
    if later is Event.RECORD and row.state in {Handling.DELIVERED, Handling.DONE}:
        events = [e for e in events if e is not Event.RECORD]  # everything has been talked
    return tuple(
        Button(e.value, do(row, e).key, style=2 if e is later else _STYLES.get(e, 1)) for e in dict.fromkeys(events)
    )


def _pointless(session: Session, proposal: Proposal) -> set[Event]:
    """While co-signers think there is nothing to hand in; when all have answered there is nothing to extend."""
    waiting = {place.state for place in signatures_of(session, proposal, Sign.INVITED, Sign.EXPIRED)}
    return ({Event.SUBMIT} if Sign.INVITED in waiting else set()) | (set() if waiting else {Event.EXTEND})


def _not_yet(session: Session, row: Row) -> Event | None:
    """Of 登记沟通 and 写答复, the one whose turn it is not: its button is there, but does not stand out."""
    if isinstance(row, Proposal) and row.state is State.COSIGNING:
        return Event.EDIT
    if not isinstance(row, Assignment):
        return None
    return Event.WRITE if owed_stages(session, row) else Event.RECORD
