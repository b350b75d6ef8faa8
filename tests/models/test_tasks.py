"""待办: at every step somebody has it on their list, and nobody has what is not theirs to do."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select

from models.handling import Assignment, Communication
from models.joint import Signature, Withdrawal
from models.people import Holding, Person
from models.proposal import Proposal
from models.states import Event, Role
from models.tasks import Task, open_to, tasks_for
from tests.handlers.office import CHENG, FANG, GONG, LEI, LIN, LU, MENG, SHEN, SU, WEI, WEN, YAN, Office, opened, whole

E = Event
EVERYBODY = (LIN, SU, WEN, LU, SHEN, CHENG, MENG, "dispatch_party", WEI, LEI, YAN, GONG, "u06_leader", FANG)
Lists = dict[str, set[Event]]


@pytest.fixture
def office(filled_sqlite: Path, tmp_path: Path) -> Iterator[Office]:
    with opened(filled_sqlite, tmp_path) as office:
        yield office


def tasks(office: Office, who: str) -> list[Task]:
    return office.store.write(lambda s: tasks_for(s, s.get_one(Person, who), office.app.settings.rules))


def lists(office: Office) -> Lists:
    """What everybody has to do; who has nothing is left out."""
    found = {who: {event for task in tasks(office, who) for event in task.events} for who in EVERYBODY}
    return {who: events for who, events in found.items() if events}


def returned(office: Office) -> None:
    office.does(WEN, office.submitted(), E.ACCEPT)
    [proposal] = office.rows(type(whole()))
    office.does(WEN, proposal, E.RETURN, reason="请补充数据。")


def first_passed(office: Office) -> None:
    proposal = office.submitted()
    office.does(WEN, proposal, E.ACCEPT)
    office.does(WEN, proposal, E.PASS)


def objecting(office: Office) -> None:
    office.does(WEI, office.assigned()[0], E.OBJECT, reason="不属本单位职责")


def acknowledged(office: Office) -> Assignment:
    task = office.assigned()[0]
    office.does(WEI, task, E.ACKNOWLEDGE)
    return task


def recorded(office: Office) -> None:
    task = acknowledged(office)
    office.does(WEI, task, E.RECORD, stage="BEFORE", means="VISIT", held_on="2026-03-02", minutes="谈了清单。")


def written(office: Office) -> Assignment:
    task = office.consulted()
    office.does(WEI, task, E.WRITE, result="A", text="已排出清单。")
    return task


def sent_up(office: Office) -> Assignment:
    task = written(office)
    office.does(WEI, task, E.SEND_UP)
    return task


def reviewed(office: Office) -> Assignment:
    task = sent_up(office)
    office.does(LEI, task, E.AGREE)
    return task


def agreed(office: Office) -> None:
    office.does(YAN, reviewed(office), E.AGREE)


def after_talk(office: Office) -> None:
    task = office.delivered()
    office.talks(task, "AFTER")
    office.rates(task, "SATISFIED")


def co_assigned(office: Office) -> None:
    lead, co = office.assigned("u10", "u06")
    office.does(WEI, lead, E.ACKNOWLEDGE)
    office.does(GONG, co, E.ACKNOWLEDGE)


def dissent(office: Office) -> None:
    task = office.delivered()
    for _ in range(2):
        task = office.rates(task, "DISSATISFIED")
        office.talks(task, "BEFORE", "DURING")
        task = office.replies(task)
    office.rates(task, "DISSATISFIED")


def invited(office: Office) -> Proposal:
    proposal = office.add(whole())
    office.does(LIN, proposal, E.INVITE, people=[SU])
    return proposal


def cosigned(office: Office) -> Proposal:
    proposal = invited(office)
    office.does(SU, office.rows(Signature)[0], E.COSIGN)
    return proposal


def to_consent(office: Office) -> Withdrawal:
    proposal = cosigned(office)
    office.does(LIN, proposal, E.SUBMIT)
    office.does(LIN, proposal, E.WITHDRAW, reason="已有方案。")
    return office.rows(Withdrawal)[0]


def consented(office: Office) -> None:
    office.does(SU, to_consent(office), E.CONSENT)


def jointly_delivered(office: Office) -> Assignment:
    proposal = cosigned(office)
    office.does(LIN, proposal, E.SUBMIT)
    for who, event in ((WEN, E.ACCEPT), (WEN, E.PASS), (SHEN, E.PASS), (CHENG, E.FILE)):
        office.does(who, proposal, event)
    office.does(MENG, proposal, E.ASSIGN, mode="SOLE", units=["u10"], unit_labels="住建局")
    [task] = office.rows(Assignment)
    office.does(WEI, task, E.ACKNOWLEDGE)
    office.talks(task, "BEFORE", "DURING")
    return office.replies(task)


def handed_over(office: Office) -> Proposal:
    proposal = office.add(whole(entered_by=WEN))
    office.does(WEN, proposal, E.HAND_OVER)
    return proposal


ACCEPTING: Lists = {WEN: {E.ACCEPT}, LU: {E.ACCEPT}}


@pytest.mark.parametrize(
    ("stage", "waiting"),
    [
        (lambda office: office.add(whole()), {}),
        (invited, {SU: {E.COSIGN, E.DECLINE}}),
        (cosigned, {LIN: {E.SUBMIT}}),
        (to_consent, {SU: {E.CONSENT}} | ACCEPTING),
        (consented, {CHENG: {E.GRANT, E.DENY}} | ACCEPTING),
        (jointly_delivered, {LIN: {E.RATE}, SU: {E.RATE}, WEI: {E.RECORD}}),
        (lambda office: office.rates(jointly_delivered(office), "SATISFIED"), {SU: {E.RATE}, WEI: {E.RECORD}}),
        (lambda office: office.add(whole(entered_by=WEN)), {}),
        (handed_over, {LIN: {E.SUBMIT}}),
        (lambda office: office.does(LIN, handed_over(office), E.DISOWN, reason="有误"), {WEN: {E.EDIT}}),
        (lambda office: office.submitted(), {WEN: {E.ACCEPT}, LU: {E.ACCEPT}}),
        (first_passed, {SHEN: {E.PASS}}),
        (returned, {LIN: {E.EDIT}}),
        (lambda office: office.filed(), {MENG: {E.ASSIGN}, "dispatch_party": {E.ASSIGN}}),
        (lambda office: office.assigned(), {WEI: {E.ACKNOWLEDGE}}),
        (objecting, {MENG: {E.AGREE, E.SEND_BACK}, "dispatch_party": {E.AGREE, E.SEND_BACK}}),
        (acknowledged, {WEI: {E.RECORD, E.WRITE}}),
        (recorded, {WEI: {E.RECORD, E.WRITE}, LIN: {E.CONFIRM}}),
        (lambda office: office.consulted(), {WEI: {E.WRITE}}),
        (written, {WEI: {E.SEND_UP}}),
        (sent_up, {LEI: {E.AGREE}}),
        (reviewed, {YAN: {E.ISSUE}}),
        (agreed, {YAN: {E.ISSUE}, WEI: {E.ISSUE}}),
        (lambda office: office.delivered(), {LIN: {E.RATE}, WEI: {E.RECORD}}),
        (after_talk, {}),
        (lambda office: office.rates(office.delivered(), "DISSATISFIED"), {WEI: {E.RECORD, E.WRITE}}),
        (dissent, {CHENG: {E.SETTLE}}),
        (co_assigned, {WEI: {E.RECORD, E.WRITE}, GONG: {E.OPINE}}),
    ],
    ids=[
        "draft", "invited", "cosigned", "to consent", "consented", "jointly delivered", "first has rated",
        "entered", "handed over", "disowned", "submitted", "second review", "returned", "filed", "assigned", "objecting", "acknowledged",
        "recorded", "consulted", "written", "sent up", "reviewed", "agreed", "delivered", "closed", "redo", "dissent",
        "lead and co",
    ],
)  # fmt: skip
def test_who_has_what_on_their_list(office: Office, stage: Callable[[Office], object], waiting: Lists) -> None:
    stage(office)
    assert lists(office) == waiting


def test_the_oldest_deadline_comes_first_and_what_has_none_last(office: Office) -> None:
    for title, due in (("三", date(2026, 3, 9)), ("一", date(2026, 3, 3)), ("无", None), ("二", date(2026, 3, 6))):
        proposal = office.submitted(title=title)
        office.change(proposal, due_on=due)
    assert [task.proposal.title for task in tasks(office, WEN)] == ["一", "二", "三", "无"]


def test_a_unit_sees_its_own_task_with_the_day_of_the_next_talk(office: Office) -> None:
    office.assigned("u10", "u06", mode="PARALLEL")
    [mine] = tasks(office, WEI)
    assert isinstance(mine.row, Assignment)
    assert (mine.row.unit, mine.role, mine.due_on) == ("u10", Role.LIAISON, date(2026, 3, 5))
    office.does(WEI, mine.row, E.ACKNOWLEDGE)
    [mine] = tasks(office, WEI)
    assert mine.due_on == date(2026, 3, 23)  # fifteen working days, before the three months
    office.talks(mine.row, "BEFORE", "DURING")
    [mine] = tasks(office, WEI)
    assert mine.due_on == mine.row.due_on


def test_a_member_confirms_until_the_day_it_counts_as_confirmed(office: Office) -> None:
    recorded(office)
    [task] = tasks(office, LIN)
    assert isinstance(task.row, Communication)
    assert task.due_on == task.row.lapses_on == date(2026, 3, 9)


def test_who_left_has_nothing(office: Office) -> None:
    """A role that was taken away takes its list with it."""
    office.submitted()
    office.store.write(lambda session: [session.delete(held) for held in session.exec(select(Holding))])
    assert tasks(office, WEN) == []


def test_what_may_be_typed_is_found_beyond_the_list(office: Office) -> None:
    """退回修改 waits for nobody, but may be done wherever the table has it."""
    first_passed(office)
    find = lambda who, event: office.store.write(lambda s: open_to(s, s.get_one(Person, who), event))  # noqa: E731
    assert len(find(SHEN, E.RETURN)) == 1
    assert find(WEN, E.RETURN) == []
    assert find(LIN, E.WAIVE) == []


@pytest.mark.parametrize("event", [event for event in Event if event is not Event.LAPSE])
def test_nothing_is_open_in_an_empty_town(office: Office, event: Event) -> None:
    for who in (LIN, WEN, SHEN, WEI, YAN):
        assert office.store.write(lambda s, who=who: open_to(s, s.get_one(Person, who), event)) == []
