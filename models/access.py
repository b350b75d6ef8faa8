"""Who holds which role, who may see what: the one place that decides access, for chat, cards and pages alike (DOMAIN §2)."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlmodel import Session, col, select

from models import collective
from models.handling import Assignment, Communication
from models.joint import Signature, Withdrawal, has_signed, is_member, place_of, signatures_of, signers, silent_signers
from models.people import Holding, Person
from models.proposal import Proposal
from models.states import Handling, Part, Role, Sign, State
from models.step import Row, assignments_of, silent_raters

OFFICE = {  # roles of the committee and the dispatchers, by their name in the roster
    Role.STAFF: "pc_staff",
    Role.REVIEWER: "pc_reviewer",
    Role.DIRECTOR: "pc_director",
    Role.DISPATCHER: "dispatcher",
}
UNIT = {
    Role.LIAISON: "unit_liaison",
    Role.UNIT_REVIEWER: "unit_reviewer",
    Role.UNIT_LEADER: "unit_leader",
}
SYSADMIN = "sysadmin"
_MARKERS = frozenset({OFFICE[Role.STAFF], OFFICE[Role.REVIEWER], OFFICE[Role.DIRECTOR], SYSADMIN})
SEES_ALL = frozenset({*OFFICE.values(), "cppcc_leader"})  # §2.2: 全局
_NOT_YET_SUBMITTED = frozenset({State.DRAFT, State.CONFIRMING, State.COSIGNING})


def active(session: Session, userid: str) -> Person | None:
    """The person, if they are in the roster and still in office."""
    person = session.get(Person, userid.lower())
    return person if person and person.active else None


def holdings(session: Session, userid: str) -> Sequence[Holding]:
    """Every role a person holds; asked once in a transaction."""
    known: dict[str, Sequence[Holding]] = session.info.setdefault("holdings", {})
    if userid not in known:
        known[userid] = session.exec(select(Holding).where(Holding.person == userid)).all()
    return known[userid]


def holds_any(session: Session, person: Person, roles: Collection[str]) -> bool:
    """Whether a person holds one of these roles, whatever it is about."""
    return any(h.role in roles for h in holdings(session, person.userid))


def may_mark(session: Session, person: Person) -> bool:
    """Whether this person may say how others read: cards or words, usual or large print."""
    return holds_any(session, person, _MARKERS)


def with_role(session: Session, role: str, unit: str | None = None) -> Sequence[Person]:
    """The active people with a role of the roster, of a unit where one is named; asked once in a transaction."""
    known: dict[tuple[str, str | None], Sequence[Person]] = session.info.setdefault("holders", {})
    if (role, unit) not in known:
        known[role, unit] = _with_role(session, role, unit)
    return known[role, unit]


def _with_role(session: Session, role: str, unit: str | None) -> Sequence[Person]:
    wanted = (
        select(Person).join(Holding, col(Holding.person) == Person.userid).where(Holding.role == role, Person.active)
    )
    if unit is not None:
        wanted = wanted.where(Holding.unit == unit)
    return session.exec(wanted.order_by(Person.userid)).all()


def read_ahead(session: Session, units: Collection[str]) -> None:
    """Bring the people of many units, and all they hold, with two statements, for work that changes none of it."""
    of_units = select(Person, Holding).join(Holding, col(Holding.person) == Person.userid).where(Person.active)
    found = session.exec(of_units.where(col(Holding.unit).in_(units)).order_by(Person.userid)).all()
    there: dict[tuple[str, str | None], list[Person]] = {(role, unit): [] for role in UNIT.values() for unit in units}
    for person, holding in found:
        there.setdefault((holding.role, holding.unit), []).append(person)
    hold: dict[str, list[Holding]] = {person.userid: [] for person, _ in found}
    for holding in session.exec(select(Holding).where(col(Holding.person).in_(hold))):
        hold[holding.person].append(holding)
    session.info.setdefault("holders", {}).update(there)
    session.info.setdefault("holdings", {}).update(hold)


def holders(session: Session, role: Role, row: Row) -> Sequence[Person]:
    """The people who stand in this role towards this row."""
    if role is Role.PROPOSER:
        person = active(session, _proposal(session, row).proposer)
        return [person] if person else []
    if role in BESIDE:
        return _beside(session, role, row)
    if role in OFFICE:
        return with_role(session, OFFICE[role])
    if role in UNIT:
        return with_role(session, UNIT[role], _assignment(session, row).unit)
    if role is Role.LEAD_LIAISON:
        leads = [a for a in assignments_of(session, _proposal(session, row)) if _leads(a)]
        return [person for a in leads for person in with_role(session, UNIT[Role.LIAISON], a.unit)]
    return []


BESIDE = frozenset({Role.INVITEE, Role.CO_SIGNER, Role.CONSENTER, Role.RATER, Role.ENTERER, Role.HEAD, Role.WRITER})


def _beside(session: Session, role: Role, row: Row) -> Sequence[Person]:
    """Who stands beside the first proposer, towards this row, in this role."""
    proposal = _proposal(session, row)
    if isinstance(row, Signature) and role in {Role.INVITEE, Role.CO_SIGNER}:
        person = active(session, row.person)
        return [person] if person else []
    if role is Role.INVITEE:
        invited = (active(session, place.person) for place in signatures_of(session, proposal, Sign.INVITED))
        return [person for person in invited if person]
    if role is Role.CO_SIGNER:
        return signers(session, proposal)
    if role is Role.CONSENTER:
        return silent_signers(session, row) if isinstance(row, Withdrawal) else []
    if role is Role.RATER:
        return silent_raters(session, row) if isinstance(row, Assignment) else []
    if role is Role.WRITER:
        return collective.beside_the_head(session, proposal) if proposal.organisation else []
    if role is Role.HEAD:
        person = active(session, proposal.proposer) if proposal.organisation else None
        return [person] if person else []
    person = active(session, proposal.entered_by) if proposal.entered_by else None
    return [person] if person else []


def holds(session: Session, person: Person, role: Role, row: Row) -> bool:
    """Whether this person stands in this role towards this row."""
    if role is Role.PROPOSER:
        proposal = _proposal(session, row)
        return proposal.proposer == person.userid and not _is_written_by_others(proposal)
    if role in BESIDE:
        return any(other.userid == person.userid for other in _beside(session, role, row))
    mine = holdings(session, person.userid)
    if role is Role.MEMBER:
        return is_member(session, person.userid)
    if role in OFFICE:
        return any(h.role == OFFICE[role] for h in mine)
    if role in UNIT:
        unit = _assignment(session, row).unit
        return any(h.role == UNIT[role] and h.unit == unit for h in mine)
    return False


def may_see(session: Session, person: Person, proposal: Proposal) -> bool:
    """The proposer and the co-signers, also of a proposal merged into it; who is asked to co-sign, while asked; the
    office, dispatchers and leaders once it was submitted; people of the units that have it.
    """
    if person.userid in {proposal.proposer, proposal.entered_by}:
        return person.userid == proposal.entered_by or not _is_written_by_the_office(proposal)
    if proposal.organisation and collective.has_a_hand(session, proposal, person.userid):
        return True
    mine = holdings(session, person.userid)
    known = was_submitted(proposal) or bool(proposal.serial_no)  # returned and signed anew, it is known
    if known and any(h.role in SEES_ALL for h in mine):
        return True
    if place := place_of(session, proposal.id, person.userid, Sign.SIGNED, Sign.INVITED):
        return place.state is Sign.SIGNED or proposal.state is State.COSIGNING
    merged = session.exec(select(Proposal).where(Proposal.merged_into == proposal.id)).all()
    if any(other.proposer == person.userid or has_signed(session, other.id, person.userid) for other in merged):
        return True
    if not known:
        return False
    units = {h.unit for h in mine if h.unit}
    return any(a.unit in units and a.state is not Handling.RELEASED for a in assignments_of(session, proposal))


def may_open(session: Session, person: Person, row: Row, movers: Collection[Role]) -> bool:
    """Whether a row of a proposal's life is this person's to look at alone: whose move it may be, who has signed, and of
    a unit's part the office.

    Not everybody who may see the proposal: why somebody wishes to withdraw it is no business of the units.
    """
    proposal = _proposal(session, row)
    if not may_see(session, person, proposal):
        return False
    if isinstance(row, Proposal):
        return True
    if isinstance(row, Assignment) and holds_any(session, person, SEES_ALL):
        return True
    if isinstance(row, Assignment | Withdrawal) and (
        holds(session, person, Role.PROPOSER, row) or has_signed(session, proposal.id, person.userid)
    ):
        return True
    return any(holds(session, person, role, row) for role in movers)


def is_concerned(session: Session, person: Person, row: Row, movers: Collection[Role], now: Collection[Role]) -> bool:
    """Whether a press on this row is answered at all, be it that it is too late: who may look at it, or whose move it is
    (`now`) or could ever be (`movers`). Being a member is reason only for what members may do now.
    """
    if may_open(session, person, row, movers):
        return True
    return any(holds(session, person, role, row) for role in {*movers} - {Role.MEMBER} | {*now})


def is_submitted(state: State) -> bool:
    """Whether a proposal in this state has been handed in: what has not is its writer's own."""
    return state not in _NOT_YET_SUBMITTED


def was_submitted(proposal: Proposal) -> bool:
    """Whether it has been handed in."""
    return is_submitted(proposal.state)


def submitted() -> Any:
    """The same as a condition of a statement."""
    return col(Proposal.state).not_in(_NOT_YET_SUBMITTED)


def reach(session: Session, person: Person) -> Any:
    """The ids among which everything is that a person may see, as a statement; None where that is nearly everything.

    Only a sieve, so that a search need not read what is not for this person anyway: whether they may is for `may_see`.
    """
    mine = holdings(session, person.userid)
    if any(h.role in SEES_ALL for h in mine):
        return None
    own = select(Proposal.id).where(Proposal.proposer == person.userid)
    asked = select(Signature.proposal_id).where(Signature.person == person.userid)
    together = collective.within_reach(person.userid)
    merged = [
        select(Proposal.merged_into).where(col(Proposal.id).in_(theirs), col(Proposal.merged_into).is_not(None))
        for theirs in (own, asked)
    ]
    units = [h.unit for h in mine if h.unit]
    tasks = select(Assignment.proposal_id).where(col(Assignment.unit).in_(units))
    return own.union(asked, *together, *merged, tasks)


def sieved(session: Session, person: Person, ids: Collection[int]) -> set[int]:
    """Those of these ids that are within reach: of the others a person may see none, and none need be asked about."""
    among = reach(session, person)
    if among is None:
        return set(ids)
    number = col(Proposal.id)
    return {key for key in session.exec(select(number).where(number.in_(ids), number.in_(among))) if key}


def is_public(proposal: Proposal) -> bool:
    """Whether everybody may know that it exists, of which year it is and what became of it: filed, and not withheld."""
    withheld = proposal.consent_public is False or proposal.state is State.WITHDRAWN
    return proposal.proposal_no is not None and was_submitted(proposal) and not withheld


def _is_written_by_others(proposal: Proposal) -> bool:
    """Not yet the first proposer's to hand in: entered on behalf, or in a unit's name, where the press is the head's."""
    return _is_written_by_the_office(proposal) or (proposal.state is State.DRAFT and bool(proposal.organisation))


def _is_written_by_the_office(proposal: Proposal) -> bool:
    """Entered on behalf and not yet shown to the member: so far it is whoever enters it that has it in hand."""
    return proposal.state is State.DRAFT and bool(proposal.entered_by)


def _leads(assignment: Assignment) -> bool:
    return assignment.part is Part.LEAD and assignment.state is not Handling.RELEASED


def _proposal(session: Session, row: Row) -> Proposal:
    return row if isinstance(row, Proposal) else session.get_one(Proposal, row.proposal_id)


def _assignment(session: Session, row: Row) -> Assignment:
    if isinstance(row, Assignment):
        return row
    assert isinstance(row, Communication)
    return session.get_one(Assignment, row.assignment_id)
