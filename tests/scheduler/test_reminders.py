"""Reminders: each said once on its day, to whoever can move the case on, however often and late the clock ticks."""

from datetime import date, datetime, timedelta

import pytest

from models.handling import Assignment
from models.states import Event, Handling, Part
from scheduler import reminders
from tests.handlers.office import GONG, LEI, LIN, MENG, WEI, YAN, Heard, Office, to

E = Event
Diary = list[tuple[str, str]]


def lives(office: Office, who: str, days: int, step: int = 1) -> Diary:
    """What somebody is told on which day: the first line of each."""
    diary = Diary()
    for _ in range(0, days, step):
        for one in to(who, office.passes(days=step)):
            diary.append((f"{office.now + timedelta(hours=8):%m-%d}", one.text.splitlines()[0]))
    return diary


def titles(heard: list[Heard]) -> list[str]:
    return [one.text.splitlines()[0] for one in heard]


def test_who_has_to_sign_is_told_the_day_before_on_the_day_and_after(office: Office) -> None:
    office.assigned()
    assert lives(office, WEI, 5) == [
        ("03-04", "签收剩1个工作日"),
        ("03-05", "签收今日到期"),
        ("03-06", "签收已逾期1日"),
    ]


def test_a_tick_that_comes_again_says_nothing_again(office: Office) -> None:
    office.assigned()
    assert titles(office.passes(days=2)) == ["签收剩1个工作日"]
    for _ in range(3):
        assert office.passes(minutes=5) == []
    assert office.fresh(office.rows(Assignment)[0]).remind_on == date(2026, 3, 5)


def test_nothing_is_said_before_the_hour_the_city_chose(office: Office) -> None:
    office.assigned()
    office.now = datetime.fromisoformat("2026-03-04T08:59:00+08:00")
    assert office.passes(seconds=0) == []
    assert titles(office.passes(minutes=1)) == ["签收剩1个工作日"]


def test_days_without_a_tick_are_made_up_for_by_one_that_is_true_today(office: Office) -> None:
    """The machine stood still for a week: one reminder, counted from today."""
    [task] = office.assigned()
    office.does(WEI, task, E.ACKNOWLEDGE)
    heard = office.passes(days=24)
    assert titles(heard) == ["办前沟通已逾期3日"]


def test_whoever_has_done_it_hears_no_more_of_it(office: Office) -> None:
    [task] = office.assigned()
    office.does(WEI, task, E.ACKNOWLEDGE)
    office.talks(task, "BEFORE")
    assert not any("办前" in title for _, title in lives(office, WEI, 30, step=3))


@pytest.mark.parametrize(
    ("state", "who", "what"),
    [
        (Handling.REVIEW_L2, LEI, "复核答复"),
        (Handling.REVIEW_L3, YAN, "签发答复"),
        (Handling.ISSUED, WEI, "签发答复"),
        (Handling.DRAFTING, WEI, "答复"),
    ],
)
def test_it_is_told_to_who_has_it_in_hand(office: Office, state: Handling, who: str, what: str) -> None:
    task = office.consulted()
    office.change(task, state=state, entered_on=office.now.date(), remind_on=office.now.date())
    office.now = datetime.combine(task.due_on - timedelta(days=15), datetime.min.time(), office.now.tzinfo)
    heard = office.passes(hours=3)
    assert titles(to(who, heard)) == [f"{what}剩15日"]
    assert {one.person for one in heard} == {who}


def test_a_member_is_reminded_of_the_rating_and_never_scolded(office: Office) -> None:
    office.delivered()
    told = [title for _, title in lives(office, LIN, 25) if title.startswith("评价")]
    assert told == ["评价剩10个工作日", "评价剩5个工作日", "评价剩1个工作日", "评价今日到期"]


def test_who_is_no_longer_asked_is_no_longer_reminded(office: Office) -> None:
    """A co-unit is reminded of its opinion while the case is open, and not after it is closed."""
    lead = office.consulted("u10", "u06")
    office.does(GONG, office.rows(Assignment)[1], E.ACKNOWLEDGE)
    office.rates(office.replies(lead), "SATISFIED")
    assert lives(office, GONG, 60, step=1) == []


def test_every_reminder_has_a_button_to_do_it_with(office: Office) -> None:
    [task] = office.assigned()
    heard = office.passes(days=2)
    assert heard[0].labels == ["签收", "申请调整"]
    office.does(WEI, task, E.ACKNOWLEDGE)
    heard = [one for n in range(20) for one in office.passes(days=1)]
    assert heard
    assert all("登记沟通" in one.labels for one in heard)


def test_more_tasks_than_one_handful_are_all_looked_at(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminders, "BATCH", 5)
    proposal = office.filed()
    day = date(2026, 3, 2)
    given = {"proposal_id": proposal.id, "part": Part.PARALLEL, "assigned_on": day, "remind_on": day}
    tasks = [Assignment(unit=("u10", "u06")[n % 2], due_on=date(2026, 6, 2), **given) for n in range(12)]
    office.store.write(lambda session: session.add_all(tasks))
    assert len(office.passes(days=2)) == 12


def test_a_task_taken_away_is_forgotten(office: Office) -> None:
    [task] = office.assigned()
    office.does(WEI, task, E.OBJECT, reason="不属本单位职责")
    office.does(MENG, task, E.AGREE, unit="u06")
    assert to(WEI, office.passes(days=3)) == []


def test_on_days_off_only_what_is_due_is_said(office: Office) -> None:
    """清明, 4 to 6 April 2026: what has time waits until the 7th."""
    office.consulted()
    task = office.rows(Assignment)[0]
    office.change(task, due_on=date(2026, 4, 12), remind_on=date(2026, 3, 30))
    diary = lives(office, WEI, 40)
    days = [day for day, title in diary if title.startswith("答复剩")]
    assert not set(days) & {"04-04", "04-05", "04-06"}
    assert "04-07" in days
