"""选题: the catalogue of reference topics, and who has taken which for which proposal (DOMAIN §1.2, SEEDS A19, A20, B48)."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Column, Index
from sqlmodel import Field, Session, SQLModel, col, func, select

from models.columns import EnumName, UtcDateTime
from models.proposal import Proposal
from models.states import Origin
from models.wording import letters

TITLE_MAX = 100
OFFERED = (Origin.TOPIC_CATALOG, Origin.LEADER_TOPIC, Origin.PUBLIC_TOPIC, Origin.CLUE)  # what a catalogue holds
NAMED_TO_ALL = frozenset({Origin.LEADER_TOPIC})  # of the others only the office learns who said it


class Topic(SQLModel, table=True):
    """One topic; its id is the number people call it by. It belongs to a session, and may be withdrawn."""

    __table_args__ = (
        Index("ix_topic_term_session", "term_session", "id"),
        {"sqlite_autoincrement": True},  # people write the number down
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: Origin = Field(sa_column=Column(EnumName(Origin), nullable=False))
    title: str = Field(max_length=TITLE_MAX)
    note: str = ""
    said_by: str = Field(default="", max_length=64)  # the leader, or who recommended it
    term_session: str = Field(max_length=32)
    published_by: str = Field(max_length=64)
    published_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_by: str = Field(default="", max_length=64)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def called(self) -> str:
        """3号选题“…”."""
        return f"{self.id}号选题“{self.title}”"


class Taking(SQLModel, table=True):
    """A member writes a proposal on a topic; it stays so when the topic is withdrawn."""

    __table_args__ = (Index("ix_taking_topic", "topic_id"),)

    proposal_id: int = Field(primary_key=True, foreign_key="proposal.id", sa_column_kwargs={"autoincrement": False})
    topic_id: int = Field(foreign_key="topic.id")
    person: str = Field(max_length=64)
    at: datetime = Field(sa_type=UtcDateTime)


def topics_of(session: Session, term_session: str, *, withdrawn: bool = False) -> list[Topic]:
    """The catalogue of a session: the leaders' topics first, then the newest; with those withdrawn if told."""
    wanted = select(Topic).where(Topic.term_session == term_session)
    if not withdrawn:
        wanted = wanted.where(col(Topic.withdrawn_at).is_(None))
    found = session.exec(wanted.order_by(col(Topic.id).desc())).all()
    return sorted(found, key=lambda topic: topic.kind is not Origin.LEADER_TOPIC)


def times_taken(session: Session, ids: Collection[int | None]) -> dict[int, int]:
    """How many proposals were begun on each of these topics."""
    wanted = select(Taking.topic_id, func.count()).where(col(Taking.topic_id).in_(ids))
    return dict(session.exec(wanted.group_by(col(Taking.topic_id))).all())


def takings_of(session: Session, ids: Collection[int | None]) -> dict[int, list[tuple[Taking, Proposal]]]:
    """Who took each of these topics, in the order they did, and what they write on it."""
    wanted = select(Taking, Proposal).join(Proposal, col(Proposal.id) == col(Taking.proposal_id))
    found: dict[int, list[tuple[Taking, Proposal]]] = {}
    for taking, proposal in session.exec(
        wanted.where(col(Taking.topic_id).in_(ids)).order_by(col(Taking.at), col(Taking.proposal_id))
    ):
        found.setdefault(taking.topic_id, []).append((taking, proposal))
    return found


def topic_of(session: Session, proposal_id: int | None) -> Topic | None:
    """The topic a proposal was written on, if on one."""
    taken = select(Topic).join(Taking, col(Taking.topic_id) == col(Topic.id)).where(Taking.proposal_id == proposal_id)
    return session.exec(taken).one_or_none()


def give_back(session: Session, proposal_id: int | None) -> None:
    """The draft is no more: nobody took the topic for it."""
    if taking := session.get(Taking, proposal_id):
        session.delete(taking)
        session.flush()


def likeness(title: str) -> str:
    """What two titles share that say the same: their letters."""
    return letters(title).replace("\n", "")


def known(topics: Sequence[Topic]) -> set[str]:
    """What is in the catalogue, to be compared by `likeness`."""
    return {likeness(topic.title) for topic in topics}
