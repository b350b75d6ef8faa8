"""What ends by itself ends on its day, once, and whatever happens to one case the others end as well."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlmodel import col

from bot.turn import Turn
from models.audit import Audit
from models.handling import Assignment, Communication, Rating
from models.messages import Outgoing
from models.proposal import Proposal
from models.states import Event, Handling, Part, State, Talk
from models.step import Row
from scheduler import lapses
from tests.handlers.office import LIN, WEI, Office, to

E = Event


def test_a_task_nobody_signed_for_counts_as_signed_after_the_window(office: Office) -> None:
    [task] = office.assigned()
    assert task.lapses_on == date(2026, 3, 9)
    office.passes(days=7)
    assert office.fresh(task).state is Handling.PENDING_ACK
    heard = office.passes(days=1)
    task = office.fresh(task)
    assert (task.state, task.acked_on, task.lapses_on) == (Handling.WORKING, date(2026, 3, 10), None)
    assert "已视为签收" in to(WEI, heard)[0].text
    assert to(LIN, heard)
    assert office.passes(hours=1) == []
    [entry] = office.rows(Audit, Audit.event == "lapse")
    assert (entry.actor, entry.role, entry.before, entry.after) == ("clock", "clock", "pending_ack", "working")


def test_a_talk_nobody_answered_counts_as_confirmed_after_its_day(office: Office) -> None:
    [task] = office.assigned()
    office.does(WEI, task, E.ACKNOWLEDGE)
    office.does(WEI, task, E.RECORD, stage="BEFORE", means="VISIT", held_on="2026-03-02", minutes="谈了清单。")
    [talk] = office.rows(Communication)
    assert talk.lapses_on == date(2026, 3, 9)
    office.passes(days=7)
    assert office.fresh(talk).state is Talk.RECORDED
    heard = office.passes(days=1)
    assert office.fresh(talk).state is Talk.AUTO_CONFIRMED
    assert "办前沟通逾期默认确认" in to(WEI, heard)[0].text


def test_a_reply_nobody_rated_ends_without_a_rating(office: Office) -> None:
    task = office.delivered()
    office.passes(days=60)
    assert office.fresh(task).state is Handling.DONE
    assert office.rows(Rating) == []
    [proposal] = office.rows(Proposal)
    assert proposal.state is State.CLOSED


def test_a_rating_without_its_reason_is_a_rating_all_the_same(office: Office) -> None:
    """不满意 was chosen and the question for the reason never answered (hard rule 6)."""
    task = office.delivered()
    said = {"attitude": "SATISFIED", "process": "SATISFIED", "result": "DISSATISFIED"}
    office.presses(LIN, f"rate|{task.id}|{task.stamp}", said)
    assert office.rows(Rating) == []
    office.passes(days=60)
    [rating] = office.rows(Rating)
    assert (rating.person, rating.reason) == (LIN, "（到期未说明原因）")
    assert (office.fresh(task).state, office.fresh(task).round) == (Handling.REDO, 2)
    [entry] = office.rows(Audit, Audit.event == "rate")
    assert (entry.actor, entry.role) == (LIN, "rater")


def test_more_than_one_handful_is_worked_in_one_tick(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lapses, "BATCH", 5)
    overdue = _many(office, 12)
    heard = office.passes(days=8)
    assert {task.state for task in office.rows(Assignment)} == {Handling.WORKING}
    assert sum("已视为签收" in one.text for one in heard) == overdue


def _many(office: Office, number: int) -> int:
    """So many tasks of one unit that wait to be signed for."""
    proposal = office.filed()
    given = {"proposal_id": proposal.id, "unit": "u10", "part": Part.PARALLEL, "assigned_on": date(2026, 3, 2)}
    later = {"due_on": date(2026, 6, 2), "lapses_on": date(2026, 3, 9)}
    office.store.write(lambda s: s.add_all([Assignment(**given, **later) for _ in range(number)]))
    office.change(proposal, state=State.HANDLING)
    return number


def test_a_tick_that_comes_late_or_twice_or_after_a_restart_ends_a_thing_once(office: Office) -> None:
    office.assigned()
    first = office.passes(days=30)
    again = office.passes(days=0)
    assert sum("已视为签收" in one.text for one in first) == 1
    assert again == []
    keys = [row.key for row in office.rows(Outgoing, col(Outgoing.key).startswith("lapse"))]
    assert len(keys) == len(set(keys))


def broken(monkeypatch: pytest.MonkeyPatch, bad: Row, event: Event) -> None:
    """A bug about one move of one row."""
    really: Callable[..., bool] = lapses.perform

    def perform(turn: Turn, row: Row, does: Event, answers: dict[str, Any]) -> bool:
        if (row.id, does) == (bad.id, event):
            raise LookupError("of one row")
        return really(turn, row, does, answers)

    monkeypatch.setattr(lapses, "perform", perform)


def test_one_case_that_cannot_end_keeps_no_other_from_ending(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug about one row is logged; the clock goes on for all the others."""
    _many(office, 3)
    broken(monkeypatch, office.rows(Assignment)[0], E.LAPSE)
    office.passes(days=8)
    states = [task.state for task in office.rows(Assignment)]
    assert states == [Handling.PENDING_ACK, Handling.WORKING, Handling.WORKING]


def test_nobody_acts_as_another_after_a_bug(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rating of a member's is entered by the clock and fails: what follows is the clock's own doing again."""
    task = office.delivered()
    said = {"attitude": "SATISFIED", "process": "SATISFIED", "result": "DISSATISFIED"}
    office.presses(LIN, f"rate|{task.id}|{task.stamp}", said)
    [second] = office.assigned("u06")
    broken(monkeypatch, task, E.RATE)
    office.passes(days=60)
    assert office.fresh(task).state is Handling.DELIVERED
    assert office.fresh(second).state is Handling.WORKING
    [entry] = office.rows(Audit, Audit.event == "lapse")
    assert (entry.actor, entry.role) == ("clock", "clock")
