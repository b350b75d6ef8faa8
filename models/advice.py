"""What a language model is asked about a draft, and what it answered: rows that wait to be worked on once.

Only `masked` ever leaves the house. When the member has chosen, or the model has failed, the texts are forgotten.
"""

from datetime import datetime

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field, Session, SQLModel, col, select

from models.columns import EnumName, UtcDateTime
from models.messages import WAITING, Wait

KINDS = {"polish": "润色", "concrete": "建议更具体"}


class Advice(SQLModel, table=True):
    """One question to the model. WAITING: not answered yet; DONE: the member was shown the answer; PARKED: it failed."""

    __table_args__ = (
        Index(
            "ix_advice_waiting",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_advice_person", "person", "id"),
        {"sqlite_autoincrement": True},  # cards carry the id
    )

    id: int | None = Field(default=None, primary_key=True)
    person: str = Field(max_length=64)
    conversation: int  # the draft; it may be gone by the time
    kind: str = Field(max_length=16)  # one of KINDS
    part: str = Field(max_length=32)  # title, analysis, suggestions
    place: int = 0  # of the suggestion, counted from 0
    label: str = Field(max_length=32)  # 情况分析, 第2条建议
    before: str
    masked: str  # the same without names and numbers of people: this is sent
    hidden: list[list[str]] = Field(sa_column=Column(JSON, nullable=False))  # what stands for what
    most: int  # characters the answer may have
    after: str = ""
    trouble: str = Field(default="", max_length=32)
    chosen: str = Field(default="", max_length=8)  # new, old
    state: Wait = Field(default=Wait.WAITING, sa_column=Column(EnumName(Wait), nullable=False))
    attempts: int = 0
    not_before: datetime | None = Field(default=None, sa_type=UtcDateTime)  # somebody asks, until then
    created_at: datetime = Field(sa_type=UtcDateTime)

    def forget(self) -> None:
        """Nobody needs the texts any more."""
        self.before = self.masked = self.after = ""
        self.hidden = []


def waits(session: Session, person: str) -> bool:
    """Whether this person waits for an answer."""
    mine = select(Advice.id).where(Advice.person == person, col(Advice.state) == WAITING).limit(1)
    return session.exec(mine).first() is not None


def to_choose(session: Session, person: str) -> Advice | None:
    """The newest answer that this person was shown and has not chosen about."""
    mine = select(Advice).where(Advice.person == person, col(Advice.state) == Wait.DONE, Advice.chosen == "")
    return session.exec(mine.order_by(col(Advice.id).desc()).limit(1)).first()
