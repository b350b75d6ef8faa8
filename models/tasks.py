"""待办: what waits for a person, oldest deadline first. Read off the table, so that nothing can be forgotten."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, exists, false, or_
from sqlmodel import Session, col, select

from models import access, deadlines, guards
from models.collective import is_collective, within_reach
from models.handling import Assignment, Communication, Rating
from models.joint import Signature, Withdrawal, signatures_of
from models.lifecycle import TABLES, Move, moves_from
from models.people import Person
from models.proposal import Proposal
from models.rules import Rules
from models.states import Event, Handling, Role, Sign, Stage, State
from models.step import Row, owed_stages, reply_of


@dataclass(frozen=True)
class Task:
    """One thing that waits for one person."""

    row: Row
    proposal: Proposal
    role: Role
    events: tuple[Event, ...]
    due_on: date | None


def tasks_for(session: Session, person: Person, rules: Rules) -> list[Task]:
    """Everything that waits for this person."""
    found: dict[tuple[type, int], Task] = {}
    for role, rows in _rows(session, person):
        for row in rows:
            events = tuple(m.does for m in moves_from(row) if m.who is role and _waits(session, m, row))
            if events:
                proposal = row if isinstance(row, Proposal) else session.get_one(Proposal, row.proposal_id)
                due = due_of(session, row, role, rules)
                found.setdefault((type(row), row.id or 0), Task(row, proposal, role, events, due))
    return sorted(found.values(), key=lambda t: (t.due_on or date.max, t.proposal.id or 0))


def _waits(session: Session, move: Move, row: Row) -> bool:
    if not move.duty(row):
        return False
    if move.does is Event.RECORD:
        assert isinstance(row, Assignment)
        return bool(owed_stages(session, row))
    if isinstance(row, Proposal) and row.state is State.COSIGNING:
        return not signatures_of(session, row, Sign.INVITED)  # so long it is the others' turn
    return True


def open_to(session: Session, person: Person, event: Event) -> list[Row]:
    """Every row from which this person may, by the table, do this."""
    found: dict[tuple[type, int], Row] = {}
    for _, rows in _rows(session, person, lambda move: move.does is event):
        for row in rows:
            found.setdefault((type(row), row.id or 0), row)
    return list(found.values())


def in_hand(session: Session, person: Person) -> list[Row]:
    """Every row of one's own cases from which there is any move by the table, whether it is waited for or not."""
    found: dict[tuple[type, int], Row] = {}
    for role, rows in _rows(session, person, lambda move: True):
        if role not in access.OFFICE:
            for row in rows:
                found.setdefault((type(row), row.id or 0), row)
    return list(found.values())


def _is_duty(move: Move) -> bool:
    return move.duty is not guards.no


def _rows(
    session: Session, person: Person, wanted: Callable[[Move], bool] = _is_duty
) -> Iterable[tuple[Role, Sequence[Row]]]:
    mine = {(h.role, h.unit) for h in access.holdings(session, person.userid)}
    own = col(Proposal.proposer) == person.userid
    ones_own = and_(col(Proposal.entered_by) == "", col(Proposal.organisation) == "")
    shown = or_(ones_own, col(Proposal.state) != State.DRAFT)
    yield Role.PROPOSER, _standing(session, Proposal, Role.PROPOSER, wanted, own, shown)
    for table in (Assignment, Communication, Signature, Withdrawal):
        about_own = col(table.proposal_id).in_(select(Proposal.id).where(own))
        yield Role.PROPOSER, _standing(session, table, Role.PROPOSER, wanted, about_own)
    yield from _beside(session, person, own, wanted)
    for role, name in access.OFFICE.items():
        if (name, None) in mine:
            for kind in (Proposal, Assignment, Withdrawal):
                yield role, _standing(session, kind, role, wanted)
    for role, name in access.UNIT.items():
        units = [unit for held, unit in mine if held == name and unit]
        if units:
            yield role, _standing(session, Assignment, role, wanted, col(Assignment.unit).in_(units))


def _beside(
    session: Session, person: Person, own: Any, wanted: Callable[[Move], bool]
) -> Iterable[tuple[Role, Sequence[Row]]]:
    """Where somebody stands beside the first proposer: asked, co-signing, to rate, or writing down for another."""
    me = person.userid
    signed = select(Signature.proposal_id).where(Signature.person == me, col(Signature.state) == Sign.SIGNED)
    for role in (Role.INVITEE, Role.CO_SIGNER):
        yield role, _standing(session, Signature, role, wanted, col(Signature.person) == me)
    wishes = _standing(session, Withdrawal, Role.CONSENTER, wanted, col(Withdrawal.proposal_id).in_(signed))
    yield Role.CONSENTER, [wish for wish in wishes if me not in wish.consented]
    mine = or_(col(Assignment.proposal_id).in_(select(Proposal.id).where(own)), col(Assignment.proposal_id).in_(signed))
    given = exists().where(
        and_(
            col(Rating.assignment_id) == col(Assignment.id),
            col(Rating.round) == col(Assignment.round),
            col(Rating.person) == me,
        )
    )
    yield Role.RATER, _standing(session, Assignment, Role.RATER, wanted, mine, ~given)
    yield Role.ENTERER, _standing(session, Proposal, Role.ENTERER, wanted, col(Proposal.entered_by) == me)
    yield Role.HEAD, _standing(session, Proposal, Role.HEAD, wanted, own, is_collective())
    written = or_(*(col(Proposal.id).in_(ids) for ids in within_reach(me)))
    yield Role.WRITER, _standing(session, Proposal, Role.WRITER, wanted, written, is_collective())


def _standing(session: Session, kind: Any, role: Role, wanted: Callable[[Move], bool], *where: Any) -> Sequence[Any]:
    """Rows in a state from which this role has such a move."""
    states = {state for move in TABLES[kind] if move.who is role and wanted(move) for state in move.while_}
    if not states:
        return []
    statement = select(kind).where(col(kind.state).in_(list(states)), *where)
    if kind is Assignment:  # years of closed cases are not read again
        statement = statement.where(col(Assignment.settled) == false())
    return session.exec(statement.order_by(col(kind.id))).all()


def due_of(session: Session, row: Row, role: Role, rules: Rules) -> date | None:
    """Until when this role should act on this row (DOMAIN §7, §8.2)."""
    if isinstance(row, Proposal):
        return row.due_on
    if isinstance(row, Communication):
        return row.lapses_on
    if isinstance(row, Signature):
        return deadlines.day_of(row.lapses_at) if row.lapses_at else None
    if isinstance(row, Withdrawal):
        return row.due_on
    if row.state is Handling.PENDING_ACK:
        return deadlines.ack_due(row.assigned_on, rules)
    if row.state is Handling.OBJECTING:
        return deadlines.objection_reply_due(row.objected_on or row.assigned_on, rules)
    if row.state is Handling.DELIVERED and role is Role.RATER:
        return row.lapses_on
    if role is Role.LIAISON:
        owed = owed_stages(session, row)
        return min([due for stage in owed if (due := stage_due(session, row, stage, rules))] or [row.due_on])
    return row.due_on


def stage_due(session: Session, a: Assignment, stage: Stage, rules: Rules) -> date | None:
    """Until when a communication is owed (§8.2); None when its term has not begun."""
    if stage is Stage.BEFORE:
        return min(deadlines.comm_before_due(a.acked_on, rules), a.due_on) if a.acked_on else None
    if stage is Stage.DURING:
        begun = a.acked_on if a.round > 1 and a.acked_on else a.assigned_on
        return deadlines.comm_during_due(begun, a.due_on, rules)
    reply = reply_of(session, a)
    return deadlines.comm_after_due(reply.issued_on, rules) if reply and reply.issued_on else None
