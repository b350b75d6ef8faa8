"""Who did what, when, and why: append-only."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime


class Audit(SQLModel, table=True):
    """One move of a proposal, an assignment or a communication (DOMAIN §4.2: who, when, from, to, reason)."""

    __table_args__ = (Index("ix_audit_proposal", "proposal_id", "id"),)

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
