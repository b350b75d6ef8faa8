"""Rows that wait to be worked on once: what came in, what must go out."""

from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import JSON, Column, Index, literal_column, text
from sqlmodel import Field, SQLModel

from models.columns import EnumName, UtcDateTime


class Wait(Enum):
    """How far a row has come."""

    WAITING = "waiting"
    DONE = "done"
    PARKED = "parked"


class Lane(Enum):
    """How urgent words are: an answer overtakes what nobody is waiting for."""

    ANSWER = 0
    CARD = 1
    NOTICE = 2


WAITING: Any = literal_column("'waiting'")  # written out, for neither engine uses a partial index for a bound value
PARKED: Any = literal_column("'parked'")


def _only(state: str) -> dict[str, Any]:
    """A partial index: most rows are done and of no interest."""
    where = text(f"state = '{state}'")
    return {"sqlite_where": where, "postgresql_where": where}


class Incoming(SQLModel, table=True):
    """One update of the platform; the unique key makes a repeated delivery harmless."""

    __table_args__ = (
        Index("ix_incoming_waiting", "id", **_only("waiting")),
        Index("ix_incoming_waiting_person", "person", "id", **_only("waiting")),
        Index("ix_incoming_parked", "id", **_only("parked")),
        {"sqlite_autoincrement": True},  # order is by id, also after old rows were tidied away
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, max_length=160)
    person: str = Field(max_length=64)
    fields: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    received_at: datetime = Field(sa_type=UtcDateTime)
    state: Wait = Field(default=Wait.WAITING, sa_column=Column(EnumName(Wait), nullable=False))
    attempts: int = 0
    not_before: datetime | None = Field(default=None, sa_type=UtcDateTime)
    trouble: str = Field(default="", max_length=200)


class Outgoing(SQLModel, table=True):
    """One thing to be said to one person; the unique key makes saying it twice harmless."""

    __table_args__ = (
        Index("ix_outgoing_waiting", "person", "lane", "id", **_only("waiting")),
        Index("ix_outgoing_parked", "id", **_only("parked")),
        Index("ix_outgoing_sent", "person", "sent_at"),
        Index("ix_outgoing_subject", "subject"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, max_length=160)
    person: str = Field(max_length=64)
    lane: int = Lane.ANSWER.value
    body: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    subject: str = Field(default="", max_length=64)  # what a card is about: `proposal:12:3` (kind, id, stamp)
    created_at: datetime = Field(sa_type=UtcDateTime)
    state: Wait = Field(default=Wait.WAITING, sa_column=Column(EnumName(Wait), nullable=False))
    pieces_sent: int = 0
    attempts: int = 0
    not_before: datetime | None = Field(default=None, sa_type=UtcDateTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lease: str = Field(default="", max_length=32)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    msgid: str = Field(default="", max_length=256)
    response_code: str = Field(default="", max_length=512)
    errcode: int | None = None
    trouble: str = Field(default="", max_length=200)
