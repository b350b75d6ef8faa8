"""Who did what, when, and why: append-only, and chained by hash, so that nobody changes the past unseen.

Every proposal has a chain of its own. An entry carries the SHA-256 of the one before and its own, which is taken over
its facts in canonical JSON (RFC 8785); the length and the last hash stand in `chain`, so that a missing end is seen too.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping, UniqueConstraint, bindparam, select
from sqlmodel import Field, Session, SQLModel

from models.columns import UtcDateTime

BEGINNING = "0" * 64  # what the first entry of a chain carries
FACTS = (
    *("proposal_id", "place", "assignment_id", "kind", "row_id", "actor", "role", "event", "before", "after"),
    *("reason", "at", "cause", "previous"),
)  # what is hashed; the id is the database's business


class Audit(SQLModel, table=True):
    """One move of a proposal, an assignment or a communication (DOMAIN §4.2: who, when, from, to, reason)."""

    __table_args__ = (UniqueConstraint("proposal_id", "place", name="ux_audit_place"),)  # a chain never forks

    id: int | None = Field(default=None, primary_key=True)
    proposal_id: int = Field(foreign_key="proposal.id")
    assignment_id: int | None = Field(default=None, foreign_key="assignment.id")
    kind: str = Field(max_length=16)  # proposal, assignment, communication
    row_id: int  # of that kind
    actor: str = Field(max_length=64)  # a userid, or "clock"
    role: str = Field(max_length=32)
    event: str = Field(max_length=32)  # "follow": the proposal followed its units
    before: str = Field(max_length=32)
    after: str = Field(max_length=32)
    reason: str = ""
    at: datetime = Field(sa_type=UtcDateTime)
    cause: str = Field(max_length=160)
    place: int = 0  # in the chain of its proposal: 1, 2, 3…
    previous: str = Field(default="", max_length=64)
    hash: str = Field(default="", max_length=64)


class Chain(SQLModel, table=True):
    """How long a proposal's chain is, and the hash it ends with."""

    proposal_id: int = Field(primary_key=True, foreign_key="proposal.id", sa_column_kwargs={"autoincrement": False})
    entries: int = 0
    head: str = Field(default=BEGINNING, max_length=64)


_CHAIN: Any = Chain.__table__  # type: ignore[attr-defined]
_OF = _CHAIN.c.proposal_id == bindparam("of")
_END = select(_CHAIN.c.entries, _CHAIN.c.head).where(_OF).with_for_update()
_LONGER = _CHAIN.update().where(_OF).values(entries=bindparam("entries"), head=bindparam("head"))
_BEGUN = _CHAIN.insert().values(proposal_id=bindparam("of"), entries=bindparam("entries"), head=bindparam("head"))


def write(session: Session, entry: Audit) -> None:
    """Put the next entry into the books. Whoever moves anything of a proposal holds its row, so nobody writes beside us."""
    session.flush()  # the proposal, if it is new
    books = session.connection()
    end = books.execute(_END, {"of": entry.proposal_id}).one_or_none()
    length, entry.previous = end or (0, BEGINNING)
    entry.place = length + 1
    entry.hash = digest(entry.model_dump())
    longer = {"of": entry.proposal_id, "entries": entry.place, "head": entry.hash}
    books.execute(_LONGER if end else _BEGUN, longer)
    session.add(entry)


def digest(entry: dict[str, Any] | RowMapping) -> str:
    """The SHA-256 of an entry: the same from either database, in whatever time zone it answers."""
    facts = {name: entry[name] for name in FACTS}
    facts["at"] = facts["at"].astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
