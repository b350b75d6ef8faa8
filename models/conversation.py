"""Where each person's dialogues stand, and which numbered list they last saw."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, Integer, text
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime

_CHANGES = Column("changes", Integer, nullable=False, server_default=text("0"))


class Conversation(SQLModel, table=True):
    """A dialogue somebody is in (open) or has laid aside (not open); at most one is open per person.

    A message and a page may change it at the same moment: whoever read it before the other wrote has to begin again
    (`changes`, see `store.write`).
    """

    __mapper_args__ = {"version_id_col": _CHANGES}
    __table_args__ = (
        Index(
            "ux_conversation_open", "person", unique=True, sqlite_where=text("open = 1"), postgresql_where=text("open")
        ),
        Index("ix_conversation_person", "person"),
        Index("ix_conversation_subject", "subject", "dialogue"),
        {"sqlite_autoincrement": True},  # cards carry the id: one that was dropped must never come back
    )

    id: int | None = Field(default=None, primary_key=True)
    person: str = Field(max_length=64)
    dialogue: str = Field(max_length=32)
    subject: str = Field(default="", max_length=64)
    step: str = Field(max_length=32)
    answers: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    back_to: str = Field(default="", max_length=32)  # the step to return to after a single correction
    response_code: str = Field(
        default="", max_length=512
    )  # of the press that opened it: its card is updated at the end
    open: bool = True
    updated_at: datetime = Field(sa_type=UtcDateTime)
    undo: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True), nullable=True)
    )  # see 撤回
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # whether it is still wanted (models/rules.py)
    changes: int = Field(default=0, sa_column=_CHANGES)  # counted by SQLAlchemy


class Listed(SQLModel, table=True):
    """The numbered list a person last saw: typing a number does what the row's button would do."""

    person: str = Field(primary_key=True, max_length=64)
    payloads: list[str] = Field(sa_column=Column(JSON, nullable=False))
    shown_at: datetime = Field(sa_type=UtcDateTime)
    offered: dict[str, Any] | None = Field(  # the numbers beside choices of people who see no cards (bot/numbers.py)
        default=None, sa_column=Column(JSON(none_as_null=True), nullable=True)
    )
