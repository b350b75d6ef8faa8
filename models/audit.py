"""Who did what, when, and why: append-only, and chained by hash, so that nobody changes the past unseen.

Every proposal has a chain of its own. An entry carries the SHA-256 of the one before and its own, which is taken over
its facts in canonical JSON (RFC 8785); the length and the last hash stand in `chain`, so that a missing end is seen too.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping, UniqueConstraint
from sqlmodel import Field, Session, SQLModel

from models.columns import UtcDateTime
from models.store import locked

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


def write(session: Session, entry: Audit) -> None:
    """Put the next entry into the books. Whoever moves anything of a proposal holds its row, so nobody writes beside us."""
    session.flush()
    chain = locked(session, Chain, entry.proposal_id) or Chain(proposal_id=entry.proposal_id)
    entry.place, entry.previous = chain.entries + 1, chain.head
    entry.hash = digest(entry.model_dump())
    chain.entries, chain.head = entry.place, entry.hash
    session.add_all((entry, chain))


def digest(entry: dict[str, Any] | RowMapping) -> str:
    """The SHA-256 of an entry: the same from either database, in whatever time zone it answers."""
    facts = {name: entry[name] for name in FACTS}
    facts["at"] = facts["at"].astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
