"""Tell whoever can move a case on that its time is running out.

No reminder is ever scheduled. What is due follows from the row and today's date; the key remembers that it was said.
`remind_on` only says when to look again. A tick may come late, twice, or on every replica at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import structlog
from sqlmodel import col, select

from bot.turn import Turn
from bot.wecom.messages import Card
from handlers.cards.buttons import buttons_for, subject
from handlers.cards.told import day, named
from models import access, deadlines
from models.deadlines import Mark
from models.handling import Assignment
from models.messages import Lane
from models.people import Unit
from models.proposal import Proposal
from models.rules import SHANGHAI
from models.states import Event, Handling, Role, Stage
from models.step import owed_stages, read_ahead
from models.store import claimed
from models.tasks import stage_due

BATCH = 100

log = structlog.get_logger()
IN_HAND = frozenset({Handling.WORKING, Handling.REDO, Handling.DRAFTING})
SIGNING = {
    Handling.REVIEW_L2: (Role.UNIT_REVIEWER, "复核答复"),
    Handling.REVIEW_L3: (Role.UNIT_LEADER, "签发答复"),
    Handling.ISSUED: (Role.LIAISON, "签发答复"),
}
LATE_TALK = (1, 3, 7, 14)  # days after which a communication that is still owed is asked for again


@dataclass(frozen=True)
class Owed:
    """Something somebody owes by a day, and the days before and after it worth a word."""

    what: str
    role: Role
    due_on: date
    since: date
    marks: tuple[int, ...]
    in_workdays: bool = False
    overdue: tuple[int, ...] = deadlines.OVERDUE

    def mark(self, today: date) -> Mark | None:
        """The one reminder that belongs to today."""
        return deadlines.marks(
            self.due_on, self.marks, today, in_workdays=self.in_workdays, overdue=self.overdue, since=self.since
        )

    def standing(self, today: date) -> str:
        """剩3个工作日, 今日到期, 已逾期2日: counted today, also when the reminder comes late."""
        left = (self.due_on - today).days
        if left > 0 and self.in_workdays:
            left = deadlines.workdays_between(today, self.due_on)
        return Mark(left, self.in_workdays).name

    def next_on(self, today: date) -> date | None:
        """When there will be another."""
        return deadlines.next_mark_on(
            self.due_on, self.marks, today, in_workdays=self.in_workdays, overdue=self.overdue, since=self.since
        )


def remind(turn: Turn) -> bool:
    """Look at the assignments whose day has come; whether there are more."""
    if turn.now.astimezone(SHANGHAI).time() < turn.rules.remind_time:
        return False
    due = select(Assignment).where(col(Assignment.remind_on) <= turn.today).limit(BATCH)
    due = due.order_by(col(Assignment.remind_on), col(Assignment.id))
    rows = claimed(turn.session, due).all()
    read_ahead(turn.session, rows)
    access.read_ahead(turn.session, {a.unit for a in rows})
    with turn.session.no_autoflush:
        for a in rows:
            _look_at(turn, a)
    return len(rows) == BATCH


def _look_at(turn: Turn, a: Assignment) -> None:
    """Say what is due of one assignment, and note when to look again. A row that fails is passed over until tomorrow."""
    spoken = len(turn.words)
    try:
        a.remind_on = _said(turn, a)
    except Exception:
        log.exception("reminder_failed", row=a.id)
        del turn.words[spoken:]
        a.remind_on = turn.today + timedelta(days=1)
    turn.session.add(a)


def _said(turn: Turn, a: Assignment) -> date | None:
    again: list[date] = []
    for owed in owed_by(turn, a):
        if (mark := owed.mark(turn.today)) and _may_disturb(mark, turn.today):
            _say(turn, a, owed, mark)
        if later := owed.next_on(turn.today):
            again.append(later)
        if mark and not _may_disturb(mark, turn.today):
            again.append(deadlines.next_workday(turn.today))
    return min(again, default=None)


def _may_disturb(mark: Mark, today: date) -> bool:
    """On days off only what is due or overdue is said (DOMAIN §7.4); the rest waits for the next working day."""
    return mark.left <= 0 or deadlines.is_workday(today)


def owed_by(turn: Turn, a: Assignment) -> Iterator[Owed]:
    """What is owed on this assignment, by whom, until when (DOMAIN §7.4, §8.2)."""
    rules = turn.rules
    if a.state is Handling.PENDING_ACK:
        due = deadlines.ack_due(a.assigned_on, rules)
        yield Owed(Event.ACKNOWLEDGE.value, Role.LIAISON, due, a.assigned_on, (1,), in_workdays=True)
    elif a.state in IN_HAND:
        if a.replies_itself:
            yield from _talks(turn, a)
            yield Owed("答复", Role.LIAISON, a.due_on, _begun(a), rules.due_marks_days)
        else:
            yield Owed("交会办意见", Role.LIAISON, a.due_on, a.assigned_on, (7, 3, 1))
    elif a.state in SIGNING:
        role, what = SIGNING[a.state]
        yield Owed(what, role, a.due_on, a.entered_on or _begun(a), rules.due_marks_days)
    elif a.state in {Handling.DELIVERED, Handling.DONE}:
        yield from _talks(turn, a)
        if a.state is Handling.DELIVERED and a.lapses_on:
            yield Owed("评价", Role.PROPOSER, a.lapses_on, a.assigned_on, (10, 5, 1), in_workdays=True, overdue=())


def _talks(turn: Turn, a: Assignment) -> Iterator[Owed]:
    for stage in owed_stages(turn.session, a):
        if due := stage_due(turn.session, a, stage, turn.rules):
            marks = turn.rules.comm_reminders_before_workdays
            since = a.assigned_on if stage is not Stage.AFTER else _begun(a)
            yield Owed(f"{stage.value}沟通", Role.LIAISON, due, since, marks, in_workdays=True, overdue=LATE_TALK)


def _begun(a: Assignment) -> date:
    return a.acked_on or a.assigned_on


def _say(turn: Turn, a: Assignment, owed: Owed, mark: Mark) -> None:
    proposal = turn.session.get_one(Proposal, a.proposal_id)
    unit = turn.session.get_one(Unit, a.unit)
    estimated = "（估算）" if deadlines.is_estimated(owed.due_on) else ""
    for reader in access.holders(turn.session, owed.role, a):
        card = Card(
            title=f"{owed.what}{owed.standing(turn.today)}",
            text=f"{named(proposal)}\n{_hint(owed, a)}",
            facts=(
                ("提案号", proposal.number),
                ("承办", f"{unit.name}（{a.part.value}）"),
                ("期限", f"{owed.due_on.year}年{day(owed.due_on)}{estimated}"),
            ),
            buttons=buttons_for(turn.session, a, reader),
            link=turn.url(f"p/proposals/{proposal.id}"),
            link_text="查看全文",
        )
        key = f"remind:{a.id}:{a.round}:{owed.what}:{owed.due_on}:{mark.left}:{reader.userid}"
        turn.say(card, to=reader, key=key, lane=Lane.NOTICE, subject=subject(a))


def _hint(owed: Owed, a: Assignment) -> str:
    if owed.role is Role.PROPOSER:
        return "请对办理情况作评价；只有您本人能填。"
    if "沟通" in owed.what:
        return "请与提案人沟通，谈过后点“登记沟通”。"
    if a.state is Handling.PENDING_ACK:
        return "请点“签收”；不属本单位职责的，可申请调整。"
    return "请尽快办理。"
