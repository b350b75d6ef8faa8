"""One step of a life: the row that moves, who moves it, when, and what they said with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from models.handling import Assignment, Communication, Rating, Reply
from models.joint import Signature, Withdrawal, signers
from models.people import Person, Unit
from models.proposal import Proposal
from models.rules import Rules
from models.states import Handling, Stage, Talk

Row = Proposal | Assignment | Communication | Signature | Withdrawal

HOLDS = frozenset({Talk.CONFIRMED, Talk.AUTO_CONFIRMED, Talk.WAIVED})  # what counts as talked (DOMAIN §8.4)


@dataclass
class Step:
    """What guards and effects see. `answers` is empty while only asking whether the move may begin."""

    session: Session
    rules: Rules
    now: datetime
    today: date
    row: Row
    actor: Person | None  # None: the clock
    answers: dict[str, Any] = field(default_factory=dict)
    followed: list[tuple[Row, Any]] = field(default_factory=list)  # other rows that had to follow, and from which state

    @property
    def proposal(self) -> Proposal:
        """The proposal it is all about."""
        if isinstance(self.row, Proposal):
            return self.row
        return self.session.get_one(Proposal, self.row.proposal_id)

    @property
    def assignment(self) -> Assignment:
        """The assignment that moves, or that the communication belongs to."""
        if isinstance(self.row, Communication):
            return self.session.get_one(Assignment, self.row.assignment_id)
        assert isinstance(self.row, Assignment)
        return self.row

    @property
    def by(self) -> str:
        """Who acts, for the books."""
        return self.actor.userid if self.actor else "clock"

    @property
    def reply(self) -> Reply:
        """The reply of this round; there is one from the first draft on."""
        reply = reply_of(self.session, self.assignment)
        assert reply is not None
        return reply


def reply_of(session: Session, assignment: Assignment, round_: int | None = None) -> Reply | None:
    """The reply of a round (this one unless told), if one was written."""
    wanted = assignment.round if round_ is None else round_
    return session.exec(select(Reply).where(Reply.assignment_id == assignment.id, Reply.round == wanted)).one_or_none()


def ratings_of(session: Session, assignment: Assignment) -> dict[str, Rating]:
    """This round's ratings, by who gave them."""
    given = select(Rating).where(Rating.assignment_id == assignment.id, Rating.round == assignment.round)
    return {rating.person: rating for rating in session.exec(given.order_by(col(Rating.id)))}


def raters(session: Session, proposal: Proposal) -> list[Person]:
    """Who may rate: the first proposer and every co-signer (DOMAIN §10.2), as far as they are still in office."""
    first = session.get(Person, proposal.proposer)
    others = [person for person in signers(session, proposal) if person.userid != proposal.proposer]
    return [*([first] if first and first.active else []), *others]


def silent_raters(session: Session, assignment: Assignment) -> list[Person]:
    """Who may still rate this round."""
    given = ratings_of(session, assignment)
    proposal = session.get_one(Proposal, assignment.proposal_id)
    return [person for person in raters(session, proposal) if person.userid not in given]


def assignments_of(session: Session, proposal: Proposal) -> Sequence[Assignment]:
    """Every unit's task in a proposal, in the order they were given out; released ones too."""
    return session.exec(
        select(Assignment).where(Assignment.proposal_id == proposal.id).order_by(col(Assignment.id))
    ).all()


def talks_of(session: Session, assignment: Assignment) -> Sequence[Communication]:
    """The communications of the present round (a sweep has read them for many at once: `read_ahead`)."""
    ahead: dict[int, list[Communication]] | None = session.info.get("talks")
    if ahead is not None and assignment.id in ahead:
        return [talk for talk in ahead[assignment.id] if talk.round == assignment.round]
    return session.exec(
        select(Communication)
        .where(Communication.assignment_id == assignment.id, Communication.round == assignment.round)
        .order_by(col(Communication.id))
    ).all()


def talked(session: Session, assignment: Assignment, stage: Stage) -> Talk | None:
    """How the communication of a stage stands: the best of what was recorded, or None."""
    return _best(talks_of(session, assignment), stage)


def _best(talks: Sequence[Communication], stage: Stage) -> Talk | None:
    states = [talk.state for talk in talks if talk.stage is stage]
    for wanted in (*HOLDS, Talk.RECORDED, Talk.DISPUTED):
        if wanted in states:
            return wanted
    return None


def owed_stages(session: Session, assignment: Assignment) -> list[Stage]:
    """Which of the three communications this unit still has to see confirmed, as far as its state calls for them."""
    if not assignment.replies_itself or assignment.state in {Handling.PENDING_ACK, Handling.RELEASED}:
        return []
    after_issue = assignment.state in {Handling.DELIVERED, Handling.DONE}
    stages = [Stage.AFTER] if after_issue else [Stage.BEFORE, Stage.DURING]
    talks = talks_of(session, assignment)
    return [stage for stage in stages if _best(talks, stage) not in HOLDS]


def read_ahead(session: Session, assignments: Sequence[Assignment]) -> None:
    """Bring what is asked of each of many assignments with a statement per table, for work that changes none of it."""
    ids = [a.id or 0 for a in assignments]
    session.info["ahead"] = [  # kept, for the session itself forgets rows that nobody holds
        session.exec(select(Proposal).where(col(Proposal.id).in_({a.proposal_id for a in assignments}))).all(),
        session.exec(select(Unit).where(col(Unit.id).in_({a.unit for a in assignments}))).all(),
    ]
    talks: dict[int, list[Communication]] = {number: [] for number in ids}
    wanted = select(Communication).where(col(Communication.assignment_id).in_(ids)).order_by(col(Communication.id))
    for talk in session.exec(wanted):
        talks[talk.assignment_id].append(talk)
    session.info["talks"] = talks


def unit_of(session: Session, assignment: Assignment) -> Unit:
    """The unit that has the task."""
    return session.get_one(Unit, assignment.unit)
