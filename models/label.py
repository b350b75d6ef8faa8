"""五治: what the office sorts a proposal under, several at once, and finding proposals by it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, Session, SQLModel, col, func, select

from models import access
from models.columns import UtcDateTime
from models.people import Person
from models.proposal import Proposal

READ = 200  # at once; of those nearly all may be seen


class Label(SQLModel, table=True):
    """One label on one proposal (the names are a rule of the city: `labels`)."""

    __tablename__ = "proposal_label"
    __table_args__ = (Index("ix_proposal_label_name", "name", "proposal_id"),)

    proposal_id: int = Field(primary_key=True, foreign_key="proposal.id", sa_column_kwargs={"autoincrement": False})
    name: str = Field(primary_key=True, max_length=20)
    given_by: str = Field(max_length=64)
    given_at: datetime = Field(sa_type=UtcDateTime)


def put_labels(session: Session, proposal: Proposal, names: Sequence[str], by: str, at: datetime) -> None:
    """Sort a proposal under these and no others."""
    there = session.exec(select(Label).where(Label.proposal_id == proposal.id)).all()
    for label in there:
        if label.name not in names:
            session.delete(label)
    for name in names:
        if all(label.name != name for label in there):
            session.add(Label(proposal_id=proposal.id or 0, name=name, given_by=by, given_at=at))
    session.flush()


def labels_of(session: Session, proposal: Proposal, order: Sequence[str] = ()) -> list[str]:
    """What a proposal is sorted under, in the city's order; what the city no longer has comes last."""
    wanted = select(Label.name).where(col(Label.proposal_id) == proposal.id).order_by(col(Label.name))
    there = list(session.exec(wanted))
    return sorted(there, key=lambda name: order.index(name) if name in order else len(order))


def labelled(session: Session, person: Person, name: str, before: int, most: int) -> tuple[Sequence[Proposal], bool]:
    """The newest proposals older than `before` that are sorted under this name and that this person may see; whether
    there are more.
    """
    wanted = select(Proposal).join(Label, col(Label.proposal_id) == col(Proposal.id)).where(Label.name == name)
    wanted = _within_reach(session, person, wanted.where(col(Proposal.id) < before))
    found: list[Proposal] = []
    for proposal in session.exec(wanted.order_by(col(Proposal.id).desc()).limit(READ)):
        if access.may_see(session, person, proposal):
            found.append(proposal)
        if len(found) > most:
            break
    return found[:most], len(found) > most


def counted(session: Session, person: Person) -> dict[str, int]:
    """How many proposals within this person's reach are sorted under each name."""
    wanted = select(Label.name, func.count()).join(Proposal, col(Label.proposal_id) == col(Proposal.id))
    rows = session.exec(_within_reach(session, person, wanted).group_by(col(Label.name)))
    return {name: number for name, number in rows}  # noqa: C416 - a row is no pair to dict()


def _within_reach(session: Session, person: Person, wanted: Any) -> Any:
    statement = wanted.where(access.submitted())
    among = access.reach(session, person)
    return statement if among is None else statement.where(col(Proposal.id).in_(among))
