"""Who holds which role, who may see what: the one place that decides access, for chat, cards and pages alike (DOMAIN §2)."""

from collections.abc import Collection, Sequence

from sqlmodel import Session, col, select

from models.handling import Assignment, Communication
from models.people import Holding, Person
from models.proposal import Proposal
from models.states import Handling, Part, Role, State
from models.step import Row, assignments_of

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
SEES_ALL = frozenset({*OFFICE.values(), "cppcc_leader"})  # §2.2: 全局
_NOT_YET_SUBMITTED = frozenset({State.DRAFT})


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
    if role in OFFICE:
        return with_role(session, OFFICE[role])
    if role in UNIT:
        return with_role(session, UNIT[role], _assignment(session, row).unit)
    if role is Role.LEAD_LIAISON:
        leads = [a for a in assignments_of(session, _proposal(session, row)) if _leads(a)]
        return [person for a in leads for person in with_role(session, UNIT[Role.LIAISON], a.unit)]
    return []


def holds(session: Session, person: Person, role: Role, row: Row) -> bool:
    """Whether this person stands in this role towards this row."""
    if role is Role.PROPOSER:
        return _proposal(session, row).proposer == person.userid
    mine = holdings(session, person.userid)
    if role in OFFICE:
        return any(h.role == OFFICE[role] for h in mine)
    if role in UNIT:
        unit = _assignment(session, row).unit
        return any(h.role == UNIT[role] and h.unit == unit for h in mine)
    return False


def may_see(session: Session, person: Person, proposal: Proposal) -> bool:
    """The proposer, also of a proposal merged into it; the office, dispatchers and leaders once it was submitted; people of the units that have it."""
    if proposal.proposer == person.userid:
        return True
    merged = select(Proposal.id).where(Proposal.merged_into == proposal.id, Proposal.proposer == person.userid)
    if session.exec(merged).first() is not None:
        return True
    if proposal.state in _NOT_YET_SUBMITTED:
        return False
    mine = holdings(session, person.userid)
    if any(h.role in SEES_ALL for h in mine):
        return True
    units = {h.unit for h in mine if h.unit}
    return any(a.unit in units and a.state is not Handling.RELEASED for a in assignments_of(session, proposal))


def _leads(assignment: Assignment) -> bool:
    return assignment.part is Part.LEAD and assignment.state is not Handling.RELEASED


def _proposal(session: Session, row: Row) -> Proposal:
    return row if isinstance(row, Proposal) else session.get_one(Proposal, row.proposal_id)


def _assignment(session: Session, row: Row) -> Assignment:
    if isinstance(row, Assignment):
        return row
    assert isinstance(row, Communication)
    return session.get_one(Assignment, row.assignment_id)
