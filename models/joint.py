"""What belongs to a proposal beside its text: who signs it, who supports it, the wish to withdraw it, every text handed in."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field, Session, SQLModel, col, select

from models.columns import EnumName, UtcDateTime
from models.people import Holding, Person
from models.proposal import Proposal
from models.states import Sign, Wish

MEMBER = "member"  # the role in the roster


class Signature(SQLModel, table=True):
    """One member's place among the co-signers (DOMAIN §3.4); only a SIGNED one counts, is shown and may rate."""

    __table_args__ = (
        UniqueConstraint("proposal_id", "person", name="ux_signature_person"),
        Index("ix_signature_person", "person", "state"),
        Index("ix_signature_state", "state", "lapses_at"),
        {"sqlite_autoincrement": True},  # cards carry the id, see Proposal
    )

    id: int | None = Field(default=None, primary_key=True)
    proposal_id: int = Field(foreign_key="proposal.id")
    person: str = Field(foreign_key="person.userid", max_length=64)
    state: Sign = Field(default=Sign.INVITED, sa_column=Column(EnumName(Sign), nullable=False))
    stamp: int = 0
    asked_at: datetime = Field(sa_type=UtcDateTime)
    lapses_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # to the minute: a term may be three hours
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    opinion: str = ""
    digest: str = Field(default="", max_length=64)  # of the text that was shown, and then agreed to


class Withdrawal(SQLModel, table=True):
    """The first proposer's wish to withdraw a proposal (T14, T15); there may have been several, one is open at a time."""

    __table_args__ = (
        Index("ix_withdrawal_proposal", "proposal_id", "state"),
        Index("ix_withdrawal_state", "state"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    proposal_id: int = Field(foreign_key="proposal.id")
    state: Wish = Field(default=Wish.ASKED, sa_column=Column(EnumName(Wish), nullable=False))
    stamp: int = 0
    reason: str = ""
    answer: str = ""  # why not
    consented: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    asked_at: datetime = Field(sa_type=UtcDateTime)
    due_on: date | None = None


class Version(SQLModel, table=True):
    """A text as it was handed in; never changed afterwards (T09: every version is kept)."""

    __table_args__ = (UniqueConstraint("proposal_id", "place", name="ux_version_place"),)

    id: int | None = Field(default=None, primary_key=True)
    proposal_id: int = Field(foreign_key="proposal.id")
    place: int  # 1, 2, 3…
    title: str = Field(max_length=200)
    category: str = Field(default="", max_length=32)
    analysis: str
    suggestions: list[str] = Field(sa_column=Column(JSON, nullable=False))
    signers: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    asked_for: str = ""  # the reviewer's words that this version answers
    handed_in_at: datetime = Field(sa_type=UtcDateTime)
    handed_in_by: str = Field(max_length=64)


class Seconding(SQLModel, table=True):
    """附议: support, shown and nothing more; it is no signature and gives no right to rate (DOMAIN §1.5)."""

    __table_args__ = (UniqueConstraint("proposal_id", "person", name="ux_seconding_person"),)

    id: int | None = Field(default=None, primary_key=True)
    proposal_id: int = Field(foreign_key="proposal.id")
    person: str = Field(foreign_key="person.userid", max_length=64)
    at: datetime = Field(sa_type=UtcDateTime)


# --- the text ---------------------------------------------------------------------------------------------------------


def digest(p: Proposal) -> str:
    """What a signature stands under: title, analysis and suggestions; white space makes no other text (DOMAIN §3.4)."""
    parts = (p.title, p.analysis, *p.suggestions)
    return hashlib.sha256("\0".join("".join(part.split()) for part in parts).encode()).hexdigest()


def versions_of(session: Session, proposal: Proposal) -> Sequence[Version]:
    """Every text handed in, the first first."""
    return session.exec(select(Version).where(Version.proposal_id == proposal.id).order_by(col(Version.place))).all()


# --- who signs --------------------------------------------------------------------------------------------------------


def signatures_of(session: Session, proposal: Proposal, *states: Sign) -> Sequence[Signature]:
    """The places among the co-signers, in the order of the invitations; all of them unless states are named."""
    wanted = select(Signature).where(Signature.proposal_id == proposal.id)
    if states:
        wanted = wanted.where(col(Signature.state).in_(states))
    return session.exec(wanted.order_by(col(Signature.id))).all()


def signers(session: Session, proposal: Proposal) -> Sequence[Person]:
    """The co-signers: who has agreed to this text and is still in office."""
    return session.exec(
        select(Person)
        .join(Signature, col(Signature.person) == Person.userid)
        .where(Signature.proposal_id == proposal.id, col(Signature.state) == Sign.SIGNED, Person.active)
        .order_by(col(Signature.id))
    ).all()


def has_signed(session: Session, proposal_id: int | None, userid: str) -> bool:
    """Whether this person is a co-signer."""
    return place_of(session, proposal_id, userid, Sign.SIGNED) is not None


def place_of(session: Session, proposal_id: int | None, userid: str, *states: Sign) -> Signature | None:
    """A person's place among the co-signers, if there is one (in one of these states)."""
    found = session.exec(
        select(Signature).where(Signature.proposal_id == proposal_id, Signature.person == userid)
    ).one_or_none()
    return found if found and (not states or found.state in states) else None


def is_member(session: Session, userid: str) -> bool:
    """Whether this person is a member of the present term: in office, and with the member's role."""
    held = select(Holding).join(Person, col(Person.userid) == Holding.person)
    return session.exec(held.where(Holding.person == userid, Holding.role == MEMBER, Person.active)).first() is not None


def signed_this_session(session: Session, userid: str, proposal: Proposal) -> int:
    """How many other proposals of this session the member has co-signed."""
    mine = (
        select(Signature.id)
        .join(Proposal, col(Proposal.id) == Signature.proposal_id)
        .where(
            Signature.person == userid,
            col(Signature.state) == Sign.SIGNED,
            Proposal.term_session == proposal.term_session,
            Proposal.id != proposal.id,
        )
    )
    return len(session.exec(mine).all())


def seconders(session: Session, proposal: Proposal) -> Sequence[Person]:
    """Who supports it."""
    return session.exec(
        select(Person)
        .join(Seconding, col(Seconding.person) == Person.userid)
        .where(Seconding.proposal_id == proposal.id)
        .order_by(col(Seconding.id))
    ).all()


# --- the wish to withdraw ---------------------------------------------------------------------------------------------

OPEN_WISHES = (Wish.CONSENTING, Wish.ASKED)


def open_withdrawal(session: Session, proposal: Proposal) -> Withdrawal | None:
    """The wish that is still undecided."""
    return session.exec(
        select(Withdrawal).where(Withdrawal.proposal_id == proposal.id, col(Withdrawal.state).in_(OPEN_WISHES))
    ).first()


def silent_signers(session: Session, withdrawal: Withdrawal) -> list[Person]:
    """The co-signers who have not said yet whether they agree to the withdrawal."""
    proposal = session.get_one(Proposal, withdrawal.proposal_id)
    return [person for person in signers(session, proposal) if person.userid not in withdrawal.consented]
