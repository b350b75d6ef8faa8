"""What a unit does with a proposal: assignments, communications, replies, ratings."""

from datetime import date, datetime

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import EnumName, UtcDateTime
from models.states import Handling, Means, Part, Stage, Talk, Verdict


class Assignment(SQLModel, table=True):
    """One unit's task in one proposal (DOMAIN §4.3); `round` grows with every second handling."""

    __table_args__ = (
        Index("ix_assignment_proposal", "proposal_id"),
        Index(
            "ix_assignment_waiting",
            "unit",
            "state",
            sqlite_where=text("settled = 0"),
            postgresql_where=text("NOT settled"),
        ),
        Index("ix_assignment_state", "state", "lapses_on"),
        Index("ix_assignment_remind", "remind_on"),
        {"sqlite_autoincrement": True},  # cards carry the id, see Proposal
    )

    id: int | None = Field(default=None, primary_key=True)
    proposal_id: int = Field(foreign_key="proposal.id")
    unit: str = Field(foreign_key="unit.id", max_length=64)
    part: Part = Field(sa_column=Column(EnumName(Part), nullable=False))
    state: Handling = Field(default=Handling.PENDING_ACK, sa_column=Column(EnumName(Handling), nullable=False))
    stamp: int = 0
    round: int = 1
    assigned_on: date  # Asia/Shanghai, as every day here
    acked_on: date | None = None
    due_on: date  # the reply (or co-opinion) is due
    entered_on: date | None = None  # when the present state began
    lapses_on: date | None = None  # after this day the present state ends by itself
    remind_on: date | None = None  # the next day on which a reminder may be due
    objection: str = ""
    objected_on: date | None = None
    co_opinion: str = ""
    reason: str = ""  # why a reply was last sent back, or the rating that reopened it
    settled: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})  # over, and nothing is owed

    @property
    def replies_itself(self) -> bool:
        """Whether this unit answers the proposer: co-units do not (DOMAIN §2.3, §9.4)."""
        return self.part is not Part.CO


class Communication(SQLModel, table=True):
    """One of the three communications as the unit recorded it and the member saw it (DOMAIN §8)."""

    __table_args__ = (
        Index("ix_communication_assignment", "assignment_id", "round", "stage"),
        Index("ix_communication_state", "state", "lapses_on"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    proposal_id: int = Field(foreign_key="proposal.id")
    assignment_id: int = Field(foreign_key="assignment.id")
    round: int
    stage: Stage = Field(sa_column=Column(EnumName(Stage), nullable=False))
    means: Means | None = Field(default=None, sa_column=Column(EnumName(Means), nullable=True))
    held_on: date | None = None
    minutes: str = ""
    recorded_by: str = Field(max_length=64)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    state: Talk = Field(default=Talk.RECORDED, sa_column=Column(EnumName(Talk), nullable=False))
    stamp: int = 0
    lapses_on: date | None = None
    objection: str = ""


class Reply(SQLModel, table=True):
    """The written answer of one round (DOMAIN §9)."""

    __table_args__ = (UniqueConstraint("assignment_id", "round", name="ux_reply_round"),)

    id: int | None = Field(default=None, primary_key=True)
    proposal_id: int = Field(foreign_key="proposal.id")
    assignment_id: int = Field(foreign_key="assignment.id")
    round: int
    result: str = Field(max_length=1)  # A, B, C, D
    text: str
    promise: str = ""
    promise_due: date | None = None
    promise_owner: str = Field(default="", max_length=64)
    drafted_by: str = Field(max_length=64)
    sent_up_by: str = Field(default="", max_length=64)
    reviewed_by: str = Field(default="", max_length=64)
    signed_by: str = Field(default="", max_length=64)
    document_no: str = Field(default="", max_length=64)
    issued_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    issued_on: date | None = None


class Rating(SQLModel, table=True):
    """The member's answers about one reply, kept for ever as they were given, with what they were given to (DOMAIN §10)."""

    __table_args__ = (UniqueConstraint("assignment_id", "round", "person", name="ux_rating_once"),)

    id: int | None = Field(default=None, primary_key=True)
    proposal_id: int = Field(foreign_key="proposal.id")
    assignment_id: int = Field(foreign_key="assignment.id")
    round: int
    person: str = Field(max_length=64)
    unit: str = Field(max_length=64)
    unit_name: str = Field(max_length=100)
    result_class: str = Field(max_length=1)  # the reply's letter at that moment
    reply_text: str
    attitude: Verdict = Field(sa_column=Column(EnumName(Verdict), nullable=False))
    process: Verdict = Field(sa_column=Column(EnumName(Verdict), nullable=False))
    result: Verdict = Field(sa_column=Column(EnumName(Verdict), nullable=False))
    reason: str = ""
    rated_at: datetime = Field(sa_type=UtcDateTime)
