"""A proposal (提案) and what the committee decides about it."""

from datetime import date, datetime

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field, SQLModel

from models.columns import EnumName, UtcDateTime
from models.states import Mode, Origin, State


class Proposal(SQLModel, table=True):
    """DOMAIN §3.1. Fields of the form are filled in as the member answers; the state moves only by models/lifecycle.py."""

    __table_args__ = (
        Index("ix_proposal_proposer", "proposer", "state"),
        Index("ix_proposal_state", "state", "due_on"),
        Index("ix_proposal_merged", "merged_into"),
        Index(
            "ix_proposal_organisation",
            "organisation",
            sqlite_where=text("organisation <> ''"),
            postgresql_where=text("organisation <> ''"),
        ),
        {"sqlite_autoincrement": True},  # cards carry the id: after a restore it must not mean another case
    )

    id: int | None = Field(default=None, primary_key=True)
    state: State = Field(default=State.DRAFT, sa_column=Column(EnumName(State), nullable=False))
    stamp: int = 0  # counts changes of state: a card of an earlier stamp is yesterday's card
    due_on: date | None = None  # until when the present state should be left
    serial_no: str | None = Field(default=None, unique=True, max_length=32)
    proposal_no: str | None = Field(default=None, unique=True, max_length=32)
    term_session: str = Field(default="", max_length=32)
    in_session: bool = False
    proposer: str = Field(foreign_key="person.userid", max_length=64)
    entered_by: str = Field(  # who of the office wrote it down for the member (代录)
        default="", max_length=64, sa_column_kwargs={"server_default": ""}
    )
    organisation: str = Field(  # in whose name, where it is a collective proposal; `proposer` is its head then
        default="", max_length=64, sa_column_kwargs={"server_default": ""}
    )

    title: str = Field(default="", max_length=200)
    category: str = Field(default="", max_length=32)
    analysis: str = ""
    suggestions: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    suggested_units: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    researched: bool | None = None
    research_note: str = ""
    consent_public: bool | None = None
    no_public_reason: str = ""
    not_secret: bool = False
    origin: Origin = Field(
        default=Origin.SELF_TOPIC, sa_column=Column(EnumName(Origin), nullable=False, server_default="self_topic")
    )

    created_at: datetime = Field(sa_type=UtcDateTime)
    submitted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    filed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    assigned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    accepted_by: str = Field(default="", max_length=64)
    first_reviewer: str = Field(default="", max_length=64)
    second_reviewer: str = Field(default="", max_length=64)
    final_reviewer: str = Field(default="", max_length=64)
    reason: str = ""  # why it was last returned, rejected or merged
    reject_code: str = Field(default="", max_length=32)
    redirect_to: str = Field(default="", max_length=64)
    merged_into: int | None = Field(default=None, foreign_key="proposal.id")
    mode: Mode | None = Field(default=None, sa_column=Column(EnumName(Mode), nullable=True))
    closed_with_dissent: bool = False

    @property
    def number(self) -> str:
        """What people call it by: 第20260001号, else its serial number, else 草稿, or 未提交 when others have it in hand."""
        if self.proposal_no:
            return f"第{self.proposal_no}号"
        return self.serial_no or ("草稿" if self.state is State.DRAFT else "未提交")
