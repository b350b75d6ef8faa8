"""What was given up, and what an administrator makes of it: try again, or let it be. What was said is never shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import null
from sqlmodel import Session, select

from models.messages import PARKED, Incoming, Outgoing, Wait
from models.store import locked
from models.trouble import Trouble

BATCH = 500
KINDS: dict[str, type[Incoming] | type[Outgoing]] = {"incoming": Incoming, "outgoing": Outgoing}


class Unknown(Trouble):
    """There is no such row among those given up."""


@dataclass(frozen=True)
class Parked:
    """A row that was given up."""

    name: str  # `outgoing:12`
    person: str
    trouble: str  # what kind of error it was
    errcode: int | None  # the platform's
    attempts: int
    at: datetime


def given_up(session: Session) -> Iterator[Parked]:
    """Everything that was given up, the oldest of each kind first."""
    for name, kind, when in (("incoming", Incoming, Incoming.received_at), ("outgoing", Outgoing, Outgoing.created_at)):
        row: Any = kind
        errcode = getattr(row, "errcode", null())
        what = select(row.id, row.person, row.trouble, errcode, row.attempts, when).where(row.state == PARKED)  # type: ignore[call-overload]
        for id_, *rest in session.exec(what.order_by(row.id).execution_options(yield_per=BATCH)):
            yield Parked(f"{name}:{id_}", *rest)


def retry(session: Session, name: str) -> None:
    """Let it wait to be worked on again, as if for the first time; what was sent of a long message is not sent again."""
    row = _row(session, name)
    row.state, row.attempts, row.not_before, row.trouble = Wait.WAITING, 0, None, ""
    if isinstance(row, Outgoing):
        row.errcode, row.leased_until, row.lease = None, None, ""
    session.add(row)


def drop(session: Session, name: str) -> None:
    """Let it be: it counts as done, and keeps what its trouble was."""
    row = _row(session, name)
    row.state = Wait.DONE
    session.add(row)


def _row(session: Session, name: str) -> Incoming | Outgoing:
    kind, _, number = name.partition(":")
    if kind in KINDS and number.isascii() and number.isdecimal() and len(number) < 10:  # ids have 31 bits
        row = locked(session, KINDS[kind], int(number))
        if row is not None and row.state is Wait.PARKED:
            return row
    raise Unknown(f"{name}：搁置的消息里没有这个编号。")
