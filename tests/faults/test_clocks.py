"""The clock is wrong: it jumps a day ahead, an hour back, comes to a leap day, differs between two replicas. Reminders come once."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from models.rules import SHANGHAI
from tests.databases import Server
from tests.faults.account import all_is_well, complaints, waiting
from tests.faults.conftest import Opening
from tests.faults.nursery import Nursery
from tests.faults.players import Play, ShortLife, some_cases
from tests.faults.stage import Stage
from tests.handlers.office import Office
from tests.stories.acts import LIN, WEI
from tests.town import prepare

TICK = 0.1  # seconds
WITHIN = 20.0
APART = 30.0  # seconds between two replicas
FEW = 9  # people


def almost_nine(day: date) -> datetime:
    """A minute before reminders go out."""
    return datetime(day.year, day.month, day.day, 8, 59, tzinfo=SHANGHAI)


def told(stage: Stage, what: str, who: str = WEI) -> list[str]:
    """The first lines of what somebody was told about this."""
    lines = [shown.text.splitlines()[0] for shown in stage.person(who).inbox if not shown.from_me]
    return [line for line in lines if line.startswith(what)]


@pytest.fixture
def to_sign(database_url: str) -> str:
    """A task was given to 住建局 on Monday, 2 March 2026, and nobody has signed for it."""
    return with_a_task(database_url)


def with_a_task(url: str) -> str:
    """The same on any database."""
    office = Office(url)
    try:
        office.assigned()
    finally:
        office.close()
    return url


async def test_a_day_ahead_and_an_hour_back(to_sign: str, stages_on: Opening, nursery: Nursery) -> None:
    stage = await stages_on(to_sign, start=almost_nine(date(2026, 3, 4)), nursery=nursery, tick=TICK)
    lin, wei = stage.person(LIN), stage.person(WEI)
    wei.skips_to_the_end()
    await stage.ticks()
    assert told(stage, "签收") == []
    for step, reminder in (
        ({"minutes": 2}, "签收剩1个工作日"),
        ({"hours": -1}, ""),
        ({"hours": 1}, ""),
        ({"days": 1}, "签收今日到期"),
        ({"hours": -1}, ""),
        ({"days": -1}, ""),
        ({"days": 1, "hours": 1}, ""),
        ({"days": 1}, "签收已逾期1日"),
    ):
        await stage.later(**step)
        if reminder:
            await wei.reads(reminder, within=WITHIN)
        else:
            await stage.ticks()
        before = len(lin.inbox)
        await lin.says("帮助")  # and everybody is answered all the while
        await stage.until(lambda before=before: len(lin.inbox) >= before + 2)  # type: ignore[misc]
    await stage.at_rest(waiting)
    assert told(stage, "签收") == ["签收剩1个工作日", "签收今日到期", "签收已逾期1日"]
    assert await stage.bot.healthy()
    assert stage.platform.violations == []
    assert not stage.logged("job_failed", "reminder_failed", "lapse_failed")


async def test_a_leap_day(database_url: str, stages_on: Opening, nursery: Nursery) -> None:
    """Due on 29 February 2028, a Tuesday."""
    office = Office(database_url)
    try:
        office.change(office.consulted(), due_on=date(2028, 2, 29), remind_on=date(2028, 2, 28))
    finally:
        office.close()
    stage = await stages_on(database_url, start=almost_nine(date(2028, 2, 28)), nursery=nursery, tick=TICK)
    wei = stage.person(WEI)
    await stage.later(minutes=2)
    for reminder in ("答复剩1日", "答复今日到期", "答复已逾期1日"):
        await wei.reads(reminder, within=WITHIN)
        await stage.ticks()
        await stage.later(days=1)
    await stage.ticks()
    await stage.at_rest(waiting)
    assert told(stage, "答复") == ["答复剩1日", "答复今日到期", "答复已逾期1日"]


@pytest.mark.timeout(300)
async def test_two_replicas_with_clocks_half_a_minute_apart(
    postgres: Server, stages_on: Opening, nursery: Nursery
) -> None:
    """Each believes what the other is sending to be long overdue, or yet to come; nothing comes twice all the same."""
    url = with_a_task(postgres.fresh(prepare))
    start = almost_nine(date(2026, 3, 4))
    stage = await stages_on(url, start=start, pace=2.0, nursery=nursery, replicas=2, apart=APART, tick=TICK)
    play = Play(stage.platform, FEW, ShortLife)
    await play.through(some_cases(FEW))
    await stage.at_rest(waiting)
    ahead = start + timedelta(minutes=2) - stage.calendar.now()
    await stage.later(seconds=max(ahead.total_seconds(), 0))
    await stage.ticks()
    await stage.at_rest(waiting)
    all_is_well(play.troubles, complaints(stage))
    assert len(play.ended) == FEW
    assert told(stage, "签收") == ["签收剩1个工作日"]
    said = Counter(line for userid in stage.platform.people for line in told(stage, "签收剩", userid))
    assert said == {"签收剩1个工作日": 1}
