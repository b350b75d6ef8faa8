"""A collective proposal while it is written: who writes, which parts it has, what each said before, what others remark.

The parts are the truth until it is handed in. A draft's row follows them; one that was returned keeps its text, as the
office knows it, until it is handed in again. Whoever writes says which stamp they began from: of two who wrote at once, the later one is asked (handlers).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, Index, UniqueConstraint, literal_column
from sqlmodel import Field, Session, SQLModel, col, or_, select

from models.columns import UtcDateTime
from models.people import Organisation, Person
from models.proposal import Proposal
from models.states import State

DESK = "collective"  # the dialogue of those who write, about the proposal's id
CONTACT = "collective_contact"  # the role of heads and contacts among the holdings
TITLE, ANALYSIS, SUGGESTION = "title", "analysis", "suggestion"
LABELS = {TITLE: "案由", ANALYSIS: "情况分析", SUGGESTION: "建议"}


class Writer(SQLModel, table=True):
    """A member who writes along; one who was sent away stays, for the parts of the text that are theirs."""

    __table_args__ = (
        UniqueConstraint("proposal_id", "person", name="ux_writer_person"),
        Index("ix_writer_person", "person"),
    )

    id: int | None = Field(default=None, primary_key=True)
    proposal_id: int = Field(foreign_key="proposal.id")
    person: str = Field(foreign_key="person.userid", max_length=64)
    active: bool = Field(default=True, sa_column=Column(Boolean, nullable=False))
    named_at: datetime = Field(sa_type=UtcDateTime)


class Section(SQLModel, table=True):
    """One part: 案由, 情况分析, or one suggestion. Empty `writer`: whoever writes along may write it."""

    __table_args__ = (
        Index("ix_section_proposal", "proposal_id"),
        {"sqlite_autoincrement": True},  # dialogues carry the id
    )

    id: int | None = Field(default=None, primary_key=True)
    proposal_id: int = Field(foreign_key="proposal.id")
    kind: str = Field(max_length=16)
    place: int
    writer: str = Field(default="", max_length=64)
    text: str = ""
    stamp: int = 0  # counts the versions
    dropped: bool = Field(default=False, sa_column=Column(Boolean, nullable=False))


class Revision(SQLModel, table=True):
    """A text of a part as somebody handed it over; `apart`: it never became the part's text, but nothing is thrown away."""

    __table_args__ = (Index("ix_revision_section", "section_id"),)

    id: int | None = Field(default=None, primary_key=True)
    section_id: int = Field(foreign_key="section.id")
    stamp: int  # the version it is, or for one kept apart the version it was written against
    text: str
    person: str = Field(max_length=64)
    at: datetime = Field(sa_type=UtcDateTime)
    apart: bool = Field(default=False, sa_column=Column(Boolean, nullable=False))


class Remark(SQLModel, table=True):
    """批注: what somebody thinks of a part."""

    __table_args__ = (Index("ix_remark_section", "section_id"),)

    id: int | None = Field(default=None, primary_key=True)
    section_id: int = Field(foreign_key="section.id")
    person: str = Field(max_length=64)
    text: str
    at: datetime = Field(sa_type=UtcDateTime)


# --- organisations ----------------------------------------------------------------------------------------------------


def is_collective() -> Any:
    """As a condition of a statement; spelled out, so that the index of collective proposals serves it."""
    return col(Proposal.organisation) != literal_column("''")


def spoken_for(session: Session, userid: str) -> Sequence[Organisation]:
    """The organisations whose head or contact somebody is."""
    mine = or_(col(Organisation.head) == userid, col(Organisation.contact) == userid)
    return session.exec(select(Organisation).where(mine, col(Organisation.active)).order_by(Organisation.id)).all()


def belongs_to(session: Session, person: Person) -> Sequence[Organisation]:
    """The organisations a member belongs to by what the roster says of them: sector, committee, party, area."""
    everybody = session.exec(select(Organisation).where(col(Organisation.active)).order_by(Organisation.id)).all()
    said = {"committee": person.committee, "sector": person.sector, "party": person.party}
    said["liaison_group"] = person.liaison_area
    return [o for o in everybody if (word := said.get(o.kind)) and o.name.startswith(word)]


def organisation_of(session: Session, proposal: Proposal) -> Organisation:
    """In whose name it is."""
    return session.get_one(Organisation, proposal.organisation)


def author(session: Session, proposal: Proposal) -> str:
    """Whose proposal it is, as people read it: the organisation's name, else the first proposer's."""
    if proposal.organisation and (organisation := session.get(Organisation, proposal.organisation)):
        return organisation.name
    person = session.get(Person, proposal.proposer)
    return person.name if person else proposal.proposer


# --- who has a hand in it ---------------------------------------------------------------------------------------------


def writers_of(session: Session, proposal: Proposal) -> Sequence[Person]:
    """Who writes along and is still in office, in the order they were named."""
    return session.exec(
        select(Person)
        .join(Writer, col(Writer.person) == Person.userid)
        .where(Writer.proposal_id == proposal.id, col(Writer.active), col(Person.active))
        .order_by(col(Writer.id))
    ).all()


def beside_the_head(session: Session, proposal: Proposal) -> Sequence[Person]:
    """Who has a hand in it beside its head, and is in office: the writers, and the contact."""
    contact = session.get(Person, organisation_of(session, proposal).contact)
    people = [*writers_of(session, proposal), *([contact] if contact and contact.active else [])]
    return list({person.userid: person for person in people if person.userid != proposal.proposer}.values())


def place_of(session: Session, proposal: Proposal, userid: str) -> Writer | None:
    """A person's place among the writers, also of one who was sent away."""
    wanted = select(Writer).where(Writer.proposal_id == proposal.id, Writer.person == userid)
    return session.exec(wanted).one_or_none()


def writes_along(session: Session, proposal: Proposal, userid: str) -> bool:
    """Whether somebody was named a writer and not sent away."""
    place = place_of(session, proposal, userid)
    return place is not None and place.active


def organises(session: Session, proposal: Proposal, userid: str) -> bool:
    """Whether somebody may name writers and give out parts: the head, or the contact."""
    if not proposal.organisation:
        return False
    return userid in {proposal.proposer, organisation_of(session, proposal).contact}


def has_a_hand(session: Session, proposal: Proposal, userid: str) -> bool:
    """Whether somebody sees it before it is handed in."""
    return organises(session, proposal, userid) or writes_along(session, proposal, userid)


def in_hand(session: Session, userid: str) -> Sequence[Proposal]:
    """The collective proposals that somebody has a hand in and that are being written or mended, newest first."""
    writing, speaking = within_reach(userid)
    ids = session.connection().execute(writing.union(speaking)).scalars().all()  # apart: each by its own index
    alive = select(Section.id).where(Section.proposal_id == Proposal.id, col(Section.dropped).is_(False)).exists()
    wanted = select(Proposal).where(col(Proposal.id).in_(ids), alive).order_by(col(Proposal.id).desc())
    return [proposal for proposal in session.exec(wanted) if is_written(proposal)]


def is_written(proposal: Proposal) -> bool:
    """Whether its writers have it in hand: not handed in yet, or returned to be mended."""
    return proposal.state in {State.DRAFT, State.RETURNED}


def within_reach(userid: str) -> list[Any]:
    """The ids of the collective proposals somebody has or had a hand in, as statements (`access.reach`)."""
    speaks = select(Organisation.id).where(or_(col(Organisation.head) == userid, col(Organisation.contact) == userid))
    return [
        select(Writer.proposal_id).where(Writer.person == userid, col(Writer.active)),
        select(Proposal.id).where(is_collective(), col(Proposal.organisation).in_(speaks)),
    ]


# --- the parts --------------------------------------------------------------------------------------------------------


def begin(session: Session, organisation: Organisation, now: datetime, term_session: str) -> Proposal:
    """An empty one, with its first three parts."""
    proposal = Proposal(
        proposer=organisation.head, organisation=organisation.id, created_at=now, term_session=term_session
    )
    session.add(proposal)
    session.flush()
    for place, kind in enumerate((TITLE, ANALYSIS, SUGGESTION)):
        session.add(Section(proposal_id=proposal.id or 0, kind=kind, place=place))
    session.flush()
    return proposal


def sections_of(session: Session, proposal: Proposal) -> Sequence[Section]:
    """The parts in the order of the form."""
    wanted = select(Section).where(Section.proposal_id == proposal.id, col(Section.dropped).is_(False))
    return session.exec(wanted.order_by(col(Section.place), col(Section.id))).all()


def add_suggestion(session: Session, proposal: Proposal, writer: str = "") -> Section:
    """One more at the end."""
    place = max(section.place for section in sections_of(session, proposal)) + 1
    section = Section(proposal_id=proposal.id or 0, kind=SUGGESTION, place=place, writer=writer)
    session.add(section)
    session.flush()
    return section


def label(session: Session, section: Section) -> str:
    """案由, 情况分析, 建议2."""
    if section.kind != SUGGESTION:
        return LABELS[section.kind]
    before = select(Section.id).where(
        Section.proposal_id == section.proposal_id,
        Section.kind == SUGGESTION,
        col(Section.dropped).is_(False),
        col(Section.place) <= section.place,
    )
    return f"{LABELS[SUGGESTION]}{len(session.exec(before).all())}"


def may_write(session: Session, proposal: Proposal, section: Section, userid: str) -> bool:
    """A part that was given out is its writer's, and the head's and contact's; any other everybody's who writes along."""
    if organises(session, proposal, userid):
        return True
    return section.writer in {"", userid} and writes_along(session, proposal, userid)


def write(session: Session, proposal: Proposal, section: Section, text: str, by: str, now: datetime) -> None:
    """A new version of a part."""
    section.text, section.stamp = text, section.stamp + 1
    session.add(section)
    session.add(Revision(section_id=section.id or 0, stamp=section.stamp, text=text, person=by, at=now))
    follow(session, proposal)


def keep_apart(session: Session, section: Section, text: str, by: str, now: datetime, since: int) -> None:
    """A text that does not become the part's: it can be read among the versions."""
    session.add(Revision(section_id=section.id or 0, stamp=since, text=text, person=by, at=now, apart=True))
    session.flush()


def discard(session: Session, proposal: Proposal) -> None:
    """Nobody goes on with it: no part is left of it but what the versions keep."""
    for section in sections_of(session, proposal):
        section.dropped = True
        session.add(section)
    follow(session, proposal)


def is_untouched(session: Session, proposal: Proposal) -> bool:
    """Whether nothing has been written, and nobody been asked to write."""
    return not any(section.stamp for section in sections_of(session, proposal)) and not writers_of(session, proposal)


def revisions_of(session: Session, section: Section) -> Sequence[Revision]:
    """Every text there was, the first first."""
    return session.exec(select(Revision).where(Revision.section_id == section.id).order_by(col(Revision.id))).all()


def text_at(session: Session, section: Section, stamp: int) -> str:
    """What a part said in that version."""
    wanted = select(Revision.text).where(
        Revision.section_id == section.id, Revision.stamp == stamp, col(Revision.apart).is_(False)
    )
    return session.exec(wanted).first() or ""


def remarks_of(session: Session, *sections: Section) -> Sequence[Remark]:
    """What was remarked, in that order."""
    wanted = select(Remark).where(col(Remark.section_id).in_([section.id for section in sections]))
    return session.exec(wanted.order_by(col(Remark.id))).all()


def texts_of(session: Session, proposal: Proposal) -> dict[str, Any]:
    """What the parts say, by the names of the proposal's fields."""
    session.flush()
    sections = sections_of(session, proposal)
    said = {section.kind: section.text for section in sections}
    suggestions = [s.text for s in sections if s.kind == SUGGESTION and s.text]
    return {"title": said.get(TITLE, ""), "analysis": said.get(ANALYSIS, ""), "suggestions": suggestions}


def follow(session: Session, proposal: Proposal) -> None:
    """A draft's row says what the parts say; one that was returned keeps its text until it is handed in again."""
    if proposal.state is State.DRAFT:
        gather(session, proposal)


def gather(session: Session, proposal: Proposal) -> None:
    """The row says what the parts say."""
    for name, value in texts_of(session, proposal).items():
        setattr(proposal, name, value)
    session.add(proposal)
    session.flush()
