"""Writes a checked roster into the database: what it speaks of becomes as it says, all else is left alone."""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from models.collective import CONTACT, DESK, has_a_hand, is_collective, is_written, sections_of
from models.conversation import Conversation
from models.people import Holding, Organisation, Person, Unit
from models.proposal import Proposal
from models.roster import CONTACTS, Roster

READING = ("plain", "large")  # how somebody reads: as it was, where the roster says nothing


@dataclass
class Tally:
    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def add(self, is_new: bool, is_changed: bool) -> None:
        """Count one row."""
        if is_new:
            self.new += 1
        elif is_changed:
            self.changed += 1
        else:
            self.unchanged += 1


@dataclass
class Counts:
    """What an import did; `ended` are roles taken from people because somebody else now stands in their place."""

    people: Tally = field(default_factory=Tally)
    units: Tally = field(default_factory=Tally)
    ended: int = 0
    organisations: Tally = field(default_factory=Tally)
    reading: list[Person] = field(default_factory=list)  # who reads in another way from now on
    inherited: list[Proposal] = field(default_factory=list)  # being written, and another head's from now on


def apply_roster(session: Session, roster: Roster) -> Counts:
    """Write the roster in the caller's transaction; people who stand in it no longer are left as they are."""
    counts = Counts()
    known = {person.userid: person for person in session.exec(select(Person))}
    places = {unit.id: unit for unit in session.exec(select(Unit))}
    bodies = {body.id: body for body in session.exec(select(Organisation))}
    held = list(session.exec(select(Holding)))
    wanted, people = _holdings(roster), _people(roster)

    units_spoken_of = {entry.id for entry in roster.units}
    roles_before = _by_person(_key(holding) for holding in held)
    ended = [holding for holding in held if _is_over(holding, wanted, people.keys(), units_spoken_of)]
    for holding in ended:
        session.delete(holding)
    for entry in roster.units:
        values = entry.model_dump(exclude={*CONTACTS, *(f"{column}_name" for column in CONTACTS)})
        values["keywords"] = list(entry.keywords)
        counts.units.add(*_put(session, places.get(entry.id), values, Unit))
    gone = {_key(holding) for holding in ended}
    roles_after = _by_person(wanted | ({_key(holding) for holding in held} - gone))
    for userid, values in people.items():
        one = known.get(userid)
        if one and any(getattr(one, name) != values.get(name, getattr(one, name)) for name in READING):
            counts.reading.append(one)
        is_new, is_changed = _put(session, one, values, Person)
        counts.people.add(is_new, is_changed or roles_before[userid] != roles_after[userid])
    counts.ended = len({key for key in gone if key[0] not in people})
    session.flush()  # people and units stand before what points to them
    for body in roster.organisations:
        values = body.model_dump(exclude={"head_name", "contact_name"}) | {"contact": body.contact or ""}
        counts.organisations.add(*_put(session, bodies.get(body.id), values, Organisation))
    counts.inherited = _rename_heads(session, roster)
    _clear_desks(session, roster)
    for person, role, unit in sorted(wanted - {_key(holding) for holding in held}, key=str):
        session.add(Holding(person=person, role=role, unit=unit))
    session.flush()
    return counts


def _rename_heads(session: Session, roster: Roster) -> list[Proposal]:
    """What an organisation has proposed goes with its head's office: a new head answers for it. What is being written."""
    handed_over = []
    for entry in roster.organisations:
        theirs = select(Proposal).where(
            is_collective(), Proposal.organisation == entry.id, Proposal.proposer != entry.head
        )
        for proposal in session.exec(theirs.order_by(col(Proposal.id))):
            proposal.proposer = entry.head
            session.add(proposal)
            handed_over.append(proposal)
    session.flush()
    return [proposal for proposal in handed_over if is_written(proposal) and sections_of(session, proposal)]


def _clear_desks(session: Session, roster: Roster) -> None:
    """Whoever has no hand in a collective proposal any more does not sit at its desk."""
    bodies = {entry.id for entry in roster.organisations}
    desks = select(Conversation).where(Conversation.dialogue == DESK).order_by(col(Conversation.id))
    for desk in session.exec(desks).all() if bodies else ():
        proposal = session.get_one(Proposal, int(desk.subject))
        if proposal.organisation in bodies and not has_a_hand(session, proposal, desk.person):
            session.delete(desk)
    session.flush()


Key = tuple[str, str, str | None]


def _key(holding: Holding) -> Key:
    return holding.person, holding.role, holding.unit


def _by_person(keys: Iterable[Key]) -> dict[str, set[Key]]:
    found: dict[str, set[Key]] = defaultdict(set)
    for key in keys:
        found[key[0]].add(key)
    return found


def _is_over(holding: Holding, wanted: set[Key], people: Container[str], units: Container[str]) -> bool:
    """Whether the roster speaks of this role's person or unit, and no longer of the role."""
    spoken_of = holding.person in people if holding.unit is None else holding.unit in units
    return spoken_of and _key(holding) not in wanted


def _put(
    session: Session, row: SQLModel | None, values: dict[str, Any], kind: Callable[..., SQLModel]
) -> tuple[bool, bool]:
    """(is new, is changed)"""
    if row is None:
        session.add(kind(**values))
        return True, False
    changed = {key: value for key, value in values.items() if getattr(row, key) != value}
    for key, value in changed.items():
        setattr(row, key, value)
    return False, bool(changed)


def _people(roster: Roster) -> dict[str, dict[str, Any]]:
    """Every person once, with what the roster says of them: a member who is also staff is one person."""
    people: dict[str, dict[str, Any]] = {}
    for member in roster.members:
        unsaid = {name for name in READING if getattr(member, name) is None}
        people[member.userid] = member.model_dump(exclude=unsaid)
    for one in roster.staff:
        values = people.setdefault(one.userid, {"userid": one.userid, "name": one.name, "active": False})
        values["active"] = values["active"] or one.active
        values["title"] = values.get("title") or one.title
        values |= {name: said for name in READING if (said := getattr(one, name)) is not None}
    for place in roster.units:
        for _, userid, name in place.contacts():
            values = people.setdefault(userid, {"userid": userid, "name": name})
            values["active"] = True
            values["name"] = values["name"] or name
    for body in roster.organisations:
        for _, userid, name in body.contacts():
            people.setdefault(userid, {"userid": userid, "name": name, "active": True})
    return people


def _holdings(roster: Roster) -> set[Key]:
    wanted: set[Key] = {(member.userid, "member", None) for member in roster.members if member.active}
    for one in roster.staff:
        if one.active:
            wanted |= {(one.userid, role, one.unit if role in CONTACTS.values() else None) for role in one.roles}
    for place in roster.units:
        wanted |= {(userid, CONTACTS[column], place.id) for column, userid, _ in place.contacts()}
    for body in roster.organisations:
        wanted |= {(userid, CONTACT, None) for _, userid, _ in body.contacts() if body.active}
    return wanted
